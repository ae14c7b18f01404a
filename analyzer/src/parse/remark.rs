//! Particulars that are only worth a remark: what hangs on a table, storage, privileges, the body of a function.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{
    AlterPublicationAction, AlterTableCmd, AlterTableType, CreateFunctionStmt, DropStmt, FunctionParameter, FunctionParameterMode,
    GrantStmt, GrantTargetType, Node, ObjectType, RangeVar, RoleSpecType, SelectStmt,
};

use super::token::{Kind as Word, Token, Tokens};
use super::{expr, names};
use crate::catalog::Volatility;
use crate::ir::{Attached, Fact, How, Privileges, QualifiedName};

/// So many tables of a query are named.
const READS: usize = 100;

pub fn single(node: &Tree) -> Option<Fact> {
    let attached = |what, how, name: &str, table: Option<&RangeVar>| {
        Some(Fact::Attached(Attached { what, how, name: name.to_owned(), table: Some(names::range_var(table?)) }))
    };
    match node {
        Tree::RuleStmt(rule) => {
            attached("rule", if rule.replace { How::Alter } else { How::Create }, &rule.rulename, rule.relation.as_ref())
        }
        Tree::AlterPolicyStmt(policy) => attached("policy", How::Alter, &policy.policy_name, policy.table.as_ref()),
        Tree::RenameStmt(rename) => match ObjectType::try_from(rename.rename_type).ok()? {
            ObjectType::ObjectTrigger => attached("trigger", How::Alter, &rename.subname, rename.relation.as_ref()),
            ObjectType::ObjectRule => attached("rule", How::Alter, &rename.subname, rename.relation.as_ref()),
            ObjectType::ObjectPolicy => attached("policy", How::Alter, &rename.subname, rename.relation.as_ref()),
            _ => None,
        },
        Tree::DropStmt(drop) => dropped(drop),
        Tree::CreateEnumStmt(create) => Some(Fact::CreatesEnum(names::qualified(&names::strings(&create.type_name)))),
        Tree::AlterEnumStmt(alter) if alter.old_val.is_empty() && alter.new_val_neighbor.is_empty() => Some(Fact::AtTheEnd),
        Tree::AlterPublicationStmt(publication) if publication.action == AlterPublicationAction::ApSetObjects as i32 => {
            // without objects it is about options
            (!publication.pubobjects.is_empty()).then(|| Fact::SetsPublication(publication.pubname.clone()))
        }
        Tree::GrantStmt(grant) => Some(Fact::Privileges(privileges(grant))),
        _ => None,
    }
}

/// What a statement has besides.
pub fn beside(node: &Tree) -> Option<Fact> {
    match node {
        Tree::CreatePolicyStmt(policy) => Some(Fact::Attached(Attached {
            what: "policy",
            how: How::Create,
            name: policy.policy_name.clone(),
            table: Some(names::range_var(policy.table.as_ref()?)),
        })),
        Tree::CreateStmt(create) => options(&create.options),
        Tree::CreateTableAsStmt(create) => {
            let into = create.into.as_deref().filter(|into| !into.skip_data)?;
            into.rel.as_ref()?;
            let Some(Tree::SelectStmt(select)) = create.query.as_deref()?.node.as_ref() else { return None };
            Some(Fact::Reads(reads(select)))
        }
        Tree::SelectStmt(select) => names::into(select).map(|_| Fact::Reads(reads(select))),
        _ => None,
    }
}

/// The particulars of an action of `ALTER TABLE`.
pub fn altered(command: &AlterTableCmd) -> Option<Fact> {
    use AlterTableType as At;
    let rule = |how| Some(Fact::Attached(Attached { what: "rule", how, name: command.name.clone(), table: None }));
    let column = || command.name.clone();
    let definition = command.def.as_deref().and_then(|node| node.node.as_ref());
    match At::try_from(command.subtype).ok()? {
        At::AtEnableRule | At::AtEnableAlwaysRule | At::AtEnableReplicaRule => rule(How::Alter),
        At::AtDisableRule => rule(How::Drop),
        At::AtColumnDefault => {
            let value = command.def.as_deref().filter(|node| !expr::is_null(node))?;
            Some(Fact::NewDefault { column: column(), value: expr::summary(value) })
        }
        At::AtSetStorage => Some(Fact::Storage { column: column(), compression: false }),
        At::AtSetCompression => Some(Fact::Storage { column: column(), compression: true }),
        At::AtSetIdentity => match definition? {
            Tree::List(list) => list.items.iter().find_map(|node| match node.node.as_ref()? {
                Tree::DefElem(element) if element.defname == "generated" => {
                    let always = names::constant_text(element.arg.as_deref()?)? == i32::from(b'a').to_string();
                    always.then(|| Fact::IdentityAlways(column()))
                }
                _ => None,
            }),
            _ => None,
        },
        At::AtDropInherit => match definition? {
            Tree::RangeVar(parent) => Some(Fact::NoInherit(names::range_var(parent))),
            _ => None,
        },
        At::AtSetRelOptions => match definition? {
            Tree::List(list) => options(&list.items),
            _ => None,
        },
        _ => None,
    }
}

fn dropped(drop: &DropStmt) -> Option<Fact> {
    let what = match ObjectType::try_from(drop.remove_type).ok()? {
        ObjectType::ObjectTrigger => "trigger",
        ObjectType::ObjectRule => "rule",
        ObjectType::ObjectPolicy => "policy",
        _ => return None,
    };
    let parts = names::object(drop.objects.first()?);
    let (name, table) = parts.split_last()?;
    Some(Fact::Attached(Attached { what, how: How::Drop, name: name.clone(), table: Some(names::qualified(table)) }))
}

fn options(nodes: &[Node]) -> Option<Fact> {
    let known: Vec<_> = nodes
        .iter()
        .filter_map(|node| match node.node.as_ref()? {
            Tree::DefElem(option) => {
                let name = if option.defnamespace.is_empty() {
                    option.defname.clone()
                } else {
                    format!("{}.{}", option.defnamespace, option.defname)
                };
                let value = option.arg.as_deref().map_or(Some("true".to_owned()), names::constant_text)?;
                Some((name.to_ascii_lowercase(), value.to_ascii_lowercase()))
            }
            _ => None,
        })
        .collect();
    (!known.is_empty()).then_some(Fact::Options(known))
}

fn privileges(grant: &GrantStmt) -> Privileges {
    let on_tables = matches!(ObjectType::try_from(grant.objtype), Ok(ObjectType::ObjectTable | ObjectType::ObjectSequence));
    let named = grant.targtype == GrantTargetType::AclTargetObject as i32 && on_tables;
    let relations = grant.objects.iter().filter(|_| named).filter_map(|node| match node.node.as_ref()? {
        Tree::RangeVar(table) => Some(names::range_var(table)),
        _ => None,
    });
    let public =
        |node: &Node| matches!(node.node.as_ref(), Some(Tree::RoleSpec(role)) if role.roletype == RoleSpecType::RolespecPublic as i32);
    Privileges {
        revoke: !grant.is_grant,
        all: grant.privileges.is_empty(),
        public: grant.grantees.iter().any(public),
        relations: relations.collect(),
        others: !named,
    }
}

fn reads(select: &SelectStmt) -> Vec<QualifiedName> {
    let mut found = Vec::new();
    tables(select, &mut Vec::new(), &mut found);
    found
}

/// The tables in FROM, those of subselects and of WITH included.
fn tables(select: &SelectStmt, with: &mut Vec<String>, out: &mut Vec<QualifiedName>) {
    let known = with.len();
    for node in select.with_clause.iter().flat_map(|clause| &clause.ctes) {
        let Some(Tree::CommonTableExpr(cte)) = node.node.as_ref() else { continue };
        with.push(cte.ctename.clone());
        inner(cte.ctequery.as_deref(), with, out);
    }
    select.from_clause.iter().for_each(|node| from(node, with, out));
    for side in [&select.larg, &select.rarg] {
        side.iter().for_each(|side| tables(side, with, out));
    }
    with.truncate(known);
}

fn inner(query: Option<&Node>, with: &mut Vec<String>, out: &mut Vec<QualifiedName>) {
    if let Some(Tree::SelectStmt(select)) = query.and_then(|node| node.node.as_ref()) {
        tables(select, with, out);
    }
}

fn from(node: &Node, with: &mut Vec<String>, out: &mut Vec<QualifiedName>) {
    match node.node.as_ref() {
        Some(Tree::RangeVar(table)) => {
            let name = names::range_var(table);
            let of_with = name.schema.is_none() && with.contains(&name.name);
            if !of_with && out.len() < READS && !out.contains(&name) {
                out.push(name);
            }
        }
        Some(Tree::JoinExpr(join)) => {
            for side in [&join.larg, &join.rarg] {
                side.iter().for_each(|side| from(side, with, out));
            }
        }
        Some(Tree::RangeSubselect(subselect)) => inner(subselect.subquery.as_deref(), with, out),
        _ => {}
    }
}

/// The number of input parameters.
pub fn arguments(parameters: &[Node]) -> usize {
    let input = |node: &&Node| match node.node.as_ref() {
        Some(Tree::FunctionParameter(parameter)) => is_input(parameter),
        _ => false,
    };
    parameters.iter().filter(input).count()
}

fn is_input(parameter: &FunctionParameter) -> bool {
    use FunctionParameterMode as Mode;
    !matches!(Mode::try_from(parameter.mode), Ok(Mode::FuncParamOut | Mode::FuncParamTable))
}

pub fn volatility(options: &[Node]) -> Option<Volatility> {
    match word(options, "volatility")?.as_str() {
        "immutable" => Some(Volatility::Immutable),
        "stable" => Some(Volatility::Stable),
        _ => Some(Volatility::Volatile),
    }
}

fn word(options: &[Node], name: &str) -> Option<String> {
    options.iter().rev().find_map(|node| match node.node.as_ref()? {
        Tree::DefElem(element) if element.defname == name => names::constant_text(element.arg.as_deref()?),
        _ => None,
    })
}

/// The body, if the planner may put it in the place of a call; a text that is no SQL where it cannot be told.
pub fn inlinable_body(function: &CreateFunctionStmt) -> Option<String> {
    let sql =
        function.sql_body.is_some() || word(&function.options, "language").is_some_and(|language| language.eq_ignore_ascii_case("sql"));
    let returns_set = function.return_type.as_ref().is_none_or(|returned| returned.setof);
    let set = function.options.iter().any(|node| matches!(node.node.as_ref(), Some(Tree::DefElem(option)) if option.defname == "set"));
    if !sql || returns_set || set || function.is_procedure || names::option(&function.options, "security") == Some(true) {
        return None;
    }
    let strict = names::option(&function.options, "strict") == Some(true);
    let text = body(&function.options).filter(|_| !strict && function.sql_body.is_none());
    Some(text.unwrap_or_else(|| ")".to_owned()))
}

fn body(options: &[Node]) -> Option<String> {
    options.iter().find_map(|node| match node.node.as_ref()? {
        Tree::DefElem(element) if element.defname == "as" => match element.arg.as_deref()?.node.as_ref()? {
            Tree::List(list) => list.items.first().and_then(names::string),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a body in PL/pgSQL executes text that is put together of values which nothing quotes.
pub fn concatenates(options: &[Node]) -> bool {
    let plpgsql = word(options, "language").is_some_and(|language| language.eq_ignore_ascii_case("plpgsql"));
    body(options).filter(|_| plpgsql).is_some_and(|body| {
        let tokens: Vec<Token> = Tokens::new(&body).collect();
        let is = |at: usize, word: &str| text(&body, &tokens, at).is_some_and(|one| one.eq_ignore_ascii_case(word));
        (0..tokens.len()).any(|at| is(at, "execute") && starts_statement(&body, &tokens, at) && unquoted(&body, &tokens, at + 1))
    })
}

fn text<'a>(body: &'a str, tokens: &[Token], at: usize) -> Option<&'a str> {
    body.get(tokens.get(at)?.span.clone())
}

/// `EXECUTE` of PL/pgSQL, and not the privilege or the clause of a trigger.
fn starts_statement(body: &str, tokens: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|at| text(body, tokens, at)) else { return true };
    [";", "begin", "then", "else", "loop", "query", "in", "for", ">"].iter().any(|word| before.eq_ignore_ascii_case(word))
}

/// Functions whose result is safe to put into SQL.
const QUOTING: [&str; 4] = ["quote_ident", "quote_literal", "quote_nullable", "format"];
/// Words of an expression that are no values.
const WORDS: [&str; 8] = ["case", "when", "then", "else", "end", "null", "and", "or"];
/// Types whose values cannot hold SQL, or quote themselves.
const HARMLESS: [&str; 12] =
    ["regclass", "regproc", "regprocedure", "regtype", "regrole", "regnamespace", "oid", "int", "integer", "bigint", "smallint", "uuid"];

/// Whether the expression that begins here concatenates a value that nothing quotes.
fn unquoted(body: &str, tokens: &[Token], start: usize) -> bool {
    let (mut at, mut joins, mut bare) = (start, false, false);
    while let Some(token) = tokens.get(at) {
        let word = text(body, tokens, at).unwrap_or_default().to_ascii_lowercase();
        let next = |sign: u8| tokens.get(at + 1).is_some_and(|token| token.is(sign));
        match token.kind {
            Word::Sign(b';') => break,
            Word::Word if ["using", "into", "loop"].contains(&word.as_str()) => break,
            Word::Sign(b'|') if next(b'|') => joins = true,
            // a cast: its type is no value
            Word::Sign(b':') if next(b':') => at += 2,
            Word::Word if QUOTING.contains(&word.as_str()) && next(b'(') => at = closing(tokens, at + 1),
            Word::Word if next(b'(') || WORDS.contains(&word.as_str()) || word.starts_with(|letter: char| letter.is_ascii_digit()) => {}
            Word::Word | Word::Name if next(b'.') => at += 1,
            Word::Word | Word::Name => bare |= !cast_to_harmless(body, tokens, at + 1),
            _ => {}
        }
        at += 1;
    }
    joins && bare
}

fn cast_to_harmless(body: &str, tokens: &[Token], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| token.is(b':'));
    colon(at) && colon(at + 1) && text(body, tokens, at + 2).is_some_and(|word| HARMLESS.iter().any(|one| word.eq_ignore_ascii_case(one)))
}

/// The parenthesis that closes the one at `at`.
fn closing(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Word::Sign(b'(') => depth += 1,
            Word::Sign(b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
        at += 1;
    }
    at
}
