//! What a function or procedure does, read from its definition.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{CreateFunctionStmt, FunctionParameter, FunctionParameterMode as Mode};

use super::token::{Token, Tokens};
use super::{functions, names, program, server_statements, single_expression, tree};
use crate::ir::{Body, Parameter, Part, Routine};

/// The routine that `CREATE FUNCTION` or `CREATE PROCEDURE` makes, if it can be followed: in PL/pgSQL or SQL, with settings and rights of the caller's.
pub fn routine(text: &str) -> Option<Routine> {
    let parsed = tree(text).ok()?;
    let [raw] = parsed.stmts.as_slice() else { return None };
    let Some(Tree::CreateFunctionStmt(function)) = raw.stmt.as_ref()?.node.as_ref() else { return None };
    let sets = function.options.iter().any(|node| matches!(node.node.as_ref(), Some(Tree::DefElem(option)) if option.defname == "set"));
    let source = functions::body(&function.options).filter(|_| !sets && function.sql_body.is_none())?;
    // what is asked for the owner's name and rights would be answered with the caller's
    let definer = names::option(&function.options, "security") == Some(true);
    let asks_who = Tokens::new(&source).any(|token| source.get(token.span).is_some_and(|word| word.to_lowercase().starts_with("current_")));
    if definer && asks_who {
        return None;
    }
    let parameters = parameters(text, function)?;
    let body = match functions::word(&function.options, "language")?.to_lowercase().as_str() {
        "plpgsql" => Body::Program(program::read(&source, None, 1, &|inner| server_statements(inner, 0, &|| false))?),
        "sql" => sql(source)?,
        _ => return None,
    };
    Some(Routine { parameters, strict: names::option(&function.options, "strict") == Some(true), body })
}

fn sql(source: String) -> Option<Body> {
    let expression = single_expression(&tree(&source).ok()?).and_then(|_| {
        let tokens: Vec<Token> = Tokens::new(&source).filter(|token| !token.is(b';')).collect();
        source.get(tokens.get(1)?.span.start..tokens.last()?.span.end).map(str::to_owned)
    });
    if expression.is_some() {
        return Some(Body::Sql(Vec::new(), expression));
    }
    let statements = server_statements(&source, 0, &|| false).ok()?;
    Some(Body::Sql(vec![Part { text: source, statements, offset: None, certain: true }], None))
}

/// The parameters, their types and defaults as they are written.
fn parameters(text: &str, function: &CreateFunctionStmt) -> Option<Vec<Parameter>> {
    let mut written = lists(text)?.into_iter();
    let mut out = Vec::new();
    for node in &function.parameters {
        let Some(Tree::FunctionParameter(parameter)) = node.node.as_ref() else { return None };
        out.push(match Mode::try_from(parameter.mode).ok()? {
            Mode::FuncParamVariadic => return None,
            // of those nothing is known before they are set
            Mode::FuncParamTable => Parameter { name: parameter.name.clone(), type_text: "text".to_owned(), default: None, input: false },
            mode => written_parameter(text, &written.next()?, parameter, mode == Mode::FuncParamOut)?,
        });
    }
    Some(out)
}

fn written_parameter(text: &str, tokens: &[Token], parameter: &FunctionParameter, output: bool) -> Option<Parameter> {
    let word = |at: usize| tokens.get(at).and_then(|token| text.get(token.span.clone())).unwrap_or_default().to_lowercase();
    let mut at = 0;
    while ["in", "out", "inout"].contains(&word(at).as_str()) {
        at += 1;
    }
    at += usize::from(!parameter.name.is_empty());
    // PL/pgSQL's := is none of SQL's, so an equals sign or the word begins the default
    let end = (at..tokens.len()).find(|&at| word(at) == "default" || word(at) == "=").unwrap_or(tokens.len());
    let piece =
        |from: usize, to: usize| text.get(tokens.get(from)?.span.start..tokens.get(to.checked_sub(1)?)?.span.end).map(str::to_owned);
    let type_text = piece(at, end)?.to_lowercase();
    if type_text.starts_with("any") || type_text.contains('%') {
        return None;
    }
    let default = if end < tokens.len() { Some(piece(end + 1, tokens.len())?) } else { None };
    Some(Parameter { name: parameter.name.to_lowercase(), type_text, default, input: !output })
}

/// The tokens of each element of the first list in parentheses.
fn lists(text: &str) -> Option<Vec<Vec<Token>>> {
    let (mut elements, mut element, mut depth) = (Vec::new(), Vec::new(), 0_u32);
    for token in Tokens::new(text) {
        let opens = token.is(b'(') || token.is(b'[') && depth > 0;
        let closes = token.is(b')') || token.is(b']') && depth > 0;
        depth = if closes { depth.checked_sub(1)? } else { depth };
        if depth == 0 && closes {
            elements.extend((!element.is_empty()).then_some(element));
            return Some(elements);
        }
        if depth == 1 && token.is(b',') {
            elements.push(std::mem::take(&mut element));
        } else if depth > 0 {
            element.push(token);
        }
        depth += u32::from(opens);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::routine;
    use crate::ir::Body;

    /// Name, type, default, and whether a value goes in.
    type Shown = (String, String, Option<String>, bool);

    fn parameters(list: &str) -> Option<Vec<Shown>> {
        let text = format!("CREATE FUNCTION app.f({list}) RETURNS void LANGUAGE plpgsql AS $$ BEGIN NULL; END $$");
        let parameters = routine(&text)?.parameters.into_iter();
        Some(parameters.map(|one| (one.name, one.type_text, one.default, one.input)).collect())
    }

    fn known(name: &str, type_text: &str, default: Option<&str>, input: bool) -> Shown {
        (name.to_owned(), type_text.to_owned(), default.map(str::to_owned), input)
    }

    #[test]
    fn parameters_as_they_are_written() {
        assert_eq!(parameters(""), Some(Vec::new()));
        let list = "a text, IN b numeric(10, 2) DEFAULT (1 + 2), OUT \"c\" int[], regclass, d date = current_date";
        let wanted = vec![
            known("a", "text", None, true),
            known("b", "numeric(10, 2)", Some("(1 + 2)"), true),
            known("c", "int[]", None, false),
            known("", "regclass", None, true),
            known("d", "date", Some("current_date"), true),
        ];
        assert_eq!(parameters(list), Some(wanted));
        assert_eq!(parameters("VARIADIC a text[]"), None);
        assert_eq!(parameters("a anyelement"), None);
    }

    #[test]
    fn what_can_be_followed() {
        let program = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE t ADD a int; RETURN 1; END $$";
        assert!(matches!(routine(program).map(|routine| routine.body), Some(Body::Program(_))));
        let expression = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1;'";
        assert!(matches!(routine(expression).map(|routine| routine.body), Some(Body::Sql(_, Some(text))) if text == "a + 1"));
        for text in [
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN RETURN 1; END $$",
            "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN current_user; END $$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x', 'y'",
            "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
            "SELECT 1",
        ] {
            assert!(routine(text).is_none(), "{text}");
        }
    }
}
