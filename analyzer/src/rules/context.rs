//! What a rule is given, and what it gives back.

mod around;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::catalog::{Oid, Relation, RelationKind, Size};
use crate::effects::{Effects, Touch, either, has_storage};
use crate::finding::Risk;
use crate::ir::{Action, AlterTable, ConstraintDef, Fact, Kind, Named, QualifiedName, Statement};
use crate::lock::LockMode;
use crate::script::{Found, Past, Script};
use crate::{parse, quote};

/// So many relations are named in a sentence.
const NAMED: usize = 10;

/// One statement with everything known about it.
pub(crate) struct Context<'a> {
    statement: &'a Statement,
    later: &'a [Statement],
    text: &'a str,
    effects: &'a Effects<'a>,
    said: Vec<Report>,
    rules: Vec<&'static str>,
    /// What the `ALTER TABLE` changes: nearly all rules ask.
    altered: OnceCell<Option<(&'a AlterTable, Rc<Relation>)>>,
    /// Where the actions of the `ALTER TABLE` stand in the statement, if that is known.
    actions: OnceCell<Option<Vec<std::ops::Range<usize>>>>,
    /// The answers of [`Self::is_harmless`].
    harmless: RefCell<BTreeMap<Oid, bool>>,
}

/// What a rule says. The caller adds the place.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub relation: Option<Oid>,
    pub object: Option<String>,
    pub risk: Risk,
    pub lock: Option<LockMode>,
    pub rewrites: Option<bool>,
    pub scans: Option<bool>,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The hint is SQL that can be run in place of the statement.
    pub runnable: bool,
    /// It explains what happens to the rows, not only to those who know the name.
    pub explains_data: bool,
    /// How long the lock is held grows with the data.
    pub grows: bool,
    /// It is not about time alone, so that it weighs the same where there is little data.
    pub keeps_risk: bool,
    /// The part of the text that it is about, if not the whole statement.
    pub place: Option<std::ops::Range<usize>>,
    /// It says nothing of the lock, so that something else may.
    pub aside: bool,
    /// The server would refuse the statement, and so it would what others offer in its place.
    pub fails: bool,
}

impl Report {
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    /// Advice, in sentences.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        (self.hint, self.runnable) = (Some(text.into()), false);
        self
    }

    /// What to run in place of the statement: one statement after the other, to the same end. Where that cannot be had, it is a hint.
    pub fn instead(mut self, statements: &[String]) -> Self {
        (self.hint, self.runnable) = (Some(super::hint::steps(statements)), true);
        self
    }

    /// The same for one action of an `ALTER TABLE`: where there are others beside it, it is advice.
    pub fn instead_of_action(self, context: &Context, statements: &[String]) -> Self {
        if context.is_single_action() {
            return self.instead(statements);
        }
        let steps = super::hint::steps(statements);
        self.hint(format!("Leave this action out of the statement, and run for it:\n{steps}\nRun each by itself."))
    }

    /// It is about programs that use the name; what happens to the rows is another rule's matter.
    pub fn about_names(mut self) -> Self {
        self.explains_data = false;
        self.for_a_moment()
    }

    /// It is about data that is lost, however little that is.
    pub fn about_loss(mut self) -> Self {
        self.keeps_risk = true;
        self
    }

    /// How long it takes does not follow from the size of what is locked.
    pub fn for_a_moment(mut self) -> Self {
        self.grows = false;
        self
    }

    /// It speaks neither of the lock nor of what happens to the rows, and weighs the same however many there are.
    pub fn aside(mut self) -> Self {
        (self.aside, self.explains_data, self.grows, self.keeps_risk) = (true, false, false, true);
        self
    }

    /// The server would refuse the statement.
    pub fn fails(mut self) -> Self {
        self.fails = true;
        self
    }

    /// Danger, or less where there is nothing to lose.
    pub fn softened(mut self, soft: bool) -> Self {
        if soft {
            self.risk = self.risk.min(Risk::Caution);
        }
        self
    }
}

impl<'a> Context<'a> {
    pub fn new(statement: &'a Statement, later: &'a [Statement], text: &'a str, effects: &'a Effects<'a>) -> Self {
        Self {
            statement,
            later,
            text,
            effects,
            said: Vec::new(),
            rules: Vec::new(),
            altered: OnceCell::new(),
            actions: OnceCell::new(),
            harmless: RefCell::default(),
        }
    }

    pub fn heard(&mut self, rule: &'static str, report: &Report) {
        self.rules.push(rule);
        self.said.push(report.clone());
    }

    /// Whether a rule has spoken of this statement.
    pub fn has_said(&self, rule: &str) -> bool {
        self.rules.contains(&rule)
    }

    /// What other rules have said of this statement so far.
    pub fn said(&self) -> &[Report] {
        &self.said
    }

    pub fn statement(&self) -> &'a Statement {
        self.statement
    }

    pub fn kind(&self) -> &'a Kind {
        if self.effects.drops_nothing() { &Kind::Ignored } else { &self.statement.kind }
    }

    /// Particulars of the statement.
    pub fn facts(&self) -> &'a [Fact] {
        &self.statement.facts
    }

    /// The statement's number in the text, from 1.
    pub fn number(&self) -> u32 {
        self.statement.number
    }

    /// Its command tag.
    pub fn tag(&self) -> &'a str {
        &self.statement.tag
    }

    /// What the text has done to the session so far.
    pub fn past(&self) -> &'a Past<'a> {
        self.script().past()
    }

    /// What follows in the same text.
    pub fn later(&self) -> &'a [Statement] {
        self.later
    }

    /// The statement's own text.
    pub fn text(&self) -> &'a str {
        self.text.get(self.statement.span.clone()).unwrap_or_default()
    }

    /// The relations and functions that the text of a query or a change of rows names.
    pub fn named(&self) -> Option<&'a Named> {
        self.statement.named.as_deref()
    }

    /// A part of the checked text.
    pub fn slice(&self, range: std::ops::Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    pub fn effects(&self) -> &'a Effects<'a> {
        self.effects
    }

    pub fn script(&self) -> &'a Script<'a> {
        self.effects.script()
    }

    pub fn existing(&self, name: &QualifiedName) -> Option<Rc<Relation>> {
        match self.script().find(name) {
            Found::Existing(relation) => Some(relation),
            _ => None,
        }
    }

    /// The `ALTER TABLE` and the relation that it changes.
    pub fn existing_altered(&self) -> Option<(&'a AlterTable, Rc<Relation>)> {
        let find = || {
            let Kind::AlterTable(alter) = self.kind() else { return None };
            self.existing(&alter.target.name).map(|relation| (alter, relation))
        };
        self.altered.get_or_init(find).clone()
    }

    /// The same, if it is a relation that others see.
    pub fn alter(&self) -> Option<(&'a AlterTable, Rc<Relation>)> {
        self.existing_altered().filter(|(_, relation)| !is_private(relation))
    }

    /// Runs a check on each action of an `ALTER TABLE` on a relation with rows.
    pub fn each_action(&self, check: impl Fn(&'a Action, &Rc<Relation>) -> Option<Report>) -> Vec<Report> {
        match self.existing_altered() {
            Some((alter, relation)) if !self.is_harmless(&relation) => {
                let wanted = |_: &(usize, &Action)| !self.interrupted();
                let placed = |(number, action)| check(action, &relation).map(|report| self.placed(report, number, alter.actions.len()));
                alter.actions.iter().enumerate().take_while(wanted).filter_map(placed).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The actions of an `ALTER TABLE`, for as long as the answer is wanted: there may be a hundred thousand.
    pub fn actions(&self, alter: &'a AlterTable) -> impl Iterator<Item = &'a Action> {
        alter.actions.iter().take_while(|_| !self.interrupted())
    }

    /// Whether the answer is no longer wanted.
    pub fn interrupted(&self) -> bool {
        self.script().catalog().interrupted()
    }

    /// A report about one of the actions.
    fn placed(&self, mut report: Report, number: usize, count: usize) -> Report {
        let start = self.statement.span.start;
        report.place = self.place_of(number, count).map(|place| start + place.start..start + place.end);
        report
    }

    /// Where one of so many actions stands in the statement.
    fn place_of(&self, number: usize, count: usize) -> Option<std::ops::Range<usize>> {
        let actions = self.actions.get_or_init(|| parse::actions(self.text())).as_ref();
        actions.filter(|actions| actions.len() == count)?.get(number).cloned()
    }

    /// The statement as it would be with this action only.
    pub fn text_of(&self, action: &Action) -> Option<String> {
        let (alter, relation) = self.existing_altered()?;
        if alter.actions.len() == 1 {
            return Some(self.text().to_owned());
        }
        let number = alter.actions.iter().position(|one| std::ptr::eq(one, action))?;
        let own = self.text().get(self.place_of(number, alter.actions.len())?)?;
        Some(format!("{} {own}", super::hint::alter(self, &relation)))
    }

    /// The same for rules about rows that are kept here: those of a foreign table are not.
    pub fn each_action_on_rows(&self, check: impl Fn(&'a Action, &Rc<Relation>) -> Option<Report>) -> Vec<Report> {
        self.each_action(|action, relation| if relation.kind == RelationKind::ForeignTable { None } else { check(action, relation) })
    }

    /// Whether an `ADD COLUMN IF NOT EXISTS` finds its column.
    pub fn adds_nothing(&self, relation: &Relation, action: &Action) -> bool {
        match action {
            Action::AddColumn { column, if_not_exists } => *if_not_exists && relation.columns.iter().any(|known| known.name == column.name),
            _ => false,
        }
    }

    /// The constraints that an action adds, those of a new column included.
    pub fn added(&self, action: &'a Action) -> impl Iterator<Item = &'a ConstraintDef> {
        let constraints = match action {
            Action::AddConstraint(constraint) => std::slice::from_ref(constraint),
            Action::AddColumn { column, .. } => column.constraints.as_slice(),
            _ => &[],
        };
        constraints.iter()
    }

    /// A report about a relation if there is one.
    pub fn report_on(&self, risk: Risk, relation: Option<&Rc<Relation>>, message: String) -> Report {
        match relation {
            Some(relation) => self.report(risk, relation, message),
            None => self.remark(risk, message),
        }
    }

    /// Whether the `ALTER TABLE` does one thing only.
    pub fn is_single_action(&self) -> bool {
        matches!(self.kind(), Kind::AlterTable(alter) if alter.actions.len() == 1)
    }

    /// Whether the same `ALTER TABLE` validates this constraint.
    pub fn validates(&self, wanted: Option<&str>) -> bool {
        let Kind::AlterTable(alter) = self.kind() else { return false };
        alter.actions.iter().any(|action| matches!(action, Action::ValidateConstraint { name } if wanted == Some(name.as_str())))
    }

    /// The existing relation that the statement is about, as its text names it.
    pub fn main_relation(&self) -> Option<Rc<Relation>> {
        let name = match self.kind() {
            Kind::AlterTable(alter) => &alter.target.name,
            Kind::CreateIndex(create) => &create.table.name,
            Kind::Rename(rename) => &rename.target.name,
            Kind::Truncate { tables, .. } | Kind::Vacuum { tables, .. } => &tables.first()?.name,
            Kind::Cluster { table } => &table.as_ref()?.name,
            Kind::Refresh { view, .. } => view,
            Kind::Locks(locks) => &locks.first()?.target.name,
            _ => return None,
        };
        self.existing(name)
    }

    /// A sentence on the other relations that are locked strongly, with a blank before it; empty when there are none.
    pub fn others(&self, relation: &Relation) -> String {
        let others = self.disturbed().into_iter().filter(|touch| touch.relation.oid != relation.oid);
        let names: Vec<String> = others.map(|touch| format!("{} ({})", name_of(&touch.relation), touch.lock.pg_name())).collect();
        let more = names.len().saturating_sub(NAMED);
        let first = names.get(..names.len() - more).unwrap_or_default().join(", ");
        match (names.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => format!(" Also locked: {first}."),
            (false, more) => format!(" Also locked: {first}, and {more} more."),
        }
    }

    /// Whether it holds no rows: not one block was ever written, in it or below it.
    pub fn is_empty(&self, relation: &Rc<Relation>) -> bool {
        let members = self.effects.members(relation);
        members.iter().any(|member| has_storage(member))
            && members.iter().all(|member| !has_storage(member) || *member.size == Size::Bytes(0) || is_private(member))
            || (relation.kind == RelationKind::PartitionedTable && members.len() == 1)
    }

    /// Nothing done to it can disturb anyone for long.
    pub fn is_harmless(&self, relation: &Rc<Relation>) -> bool {
        if let Some(known) = self.harmless.borrow().get(&relation.oid) {
            return *known;
        }
        let harmless = is_private(relation) || self.is_empty(relation);
        self.harmless.borrow_mut().insert(relation.oid, harmless);
        harmless
    }

    /// Whether it is smaller than `zdm.small_table`, with all below it.
    pub fn is_small(&self, relation: &Rc<Relation>) -> bool {
        let members = self.effects.members(relation);
        let sizes = members.iter().filter(|member| has_storage(member)).map(|member| match *member.size {
            Size::Bytes(bytes) => Some(bytes),
            _ => None,
        });
        let total = sizes.sum::<Option<u64>>();
        total.is_some_and(|bytes| bytes < self.script().catalog().small_table())
    }

    /// What happens to a relation and those below it.
    pub fn sum(&self, relation: &Rc<Relation>) -> (Option<LockMode>, Option<bool>, Option<bool>) {
        let mut sum = (None, Some(false), Some(false));
        for member in self.effects.members(relation) {
            if let Some(touch) = self.effects.on(member.oid) {
                sum.0 = sum.0.max(Some(touch.lock));
                sum.1 = either(sum.1, touch.rewrites);
                sum.2 = either(sum.2, touch.scans);
            }
        }
        sum
    }

    /// What the lock keeps waiting and which others are locked, in sentences.
    pub fn brief_lock(&self, relation: &Rc<Relation>) -> String {
        format!("{}; it is held briefly.{}", waits(self.sum(relation).0), self.others(relation))
    }

    /// Whether rows are read, here or below.
    pub fn scans(&self, relation: &Rc<Relation>) -> bool {
        self.sum(relation).2 == Some(true)
    }

    /// What is touched in a way that disturbs: a strong lock on a relation that others use and that holds something.
    pub fn disturbed(&self) -> Vec<&'a Touch> {
        self.effects.touches().iter().filter(|touch| is_strong(touch) && !self.is_harmless(&touch.relation)).collect()
    }

    /// A report about a relation: lock, rewrite and scan are those of the statement.
    pub fn report(&self, risk: Risk, relation: &Rc<Relation>, message: impl Into<String>) -> Report {
        let (lock, rewrites, scans) = self.sum(relation);
        Report {
            relation: Some(relation.oid),
            object: Some(name_of(relation)),
            risk,
            lock,
            rewrites,
            scans: if rewrites == Some(false) { scans } else { None },
            message: message.into(),
            detail: None,
            hint: None,
            runnable: false,
            explains_data: true,
            grows: rewrites == Some(true) || scans == Some(true),
            keeps_risk: false,
            place: None,
            aside: false,
            fails: false,
        }
    }

    /// A report that the server would refuse the statement, and why.
    pub fn failure(&self, relation: Option<&Rc<Relation>>, why: impl std::fmt::Display) -> Report {
        self.report_on(Risk::Caution, relation, format!("would fail: {why}")).aside().fails()
    }

    /// A report about no relation in particular.
    pub fn remark(&self, risk: Risk, message: impl Into<String>) -> Report {
        let known = if risk == Risk::Unknown { None } else { Some(false) };
        Report {
            relation: None,
            object: None,
            risk,
            lock: None,
            rewrites: known,
            scans: known,
            message: message.into(),
            detail: None,
            hint: None,
            runnable: false,
            explains_data: false,
            grows: false,
            keeps_risk: true,
            place: None,
            aside: false,
            fails: false,
        }
    }
}

/// Nobody else can see it.
pub(crate) fn is_private(relation: &Relation) -> bool {
    relation.temporary || relation.created_here
}

/// The lock keeps readers or writers waiting. Nobody writes to a materialized view but REFRESH.
fn is_strong(touch: &Touch) -> bool {
    let least = if touch.relation.kind == RelationKind::MaterializedView { LockMode::AccessExclusive } else { LockMode::Share };
    touch.lock >= least
}

/// `schema.name`, quoted.
pub(crate) fn name_of(relation: &Relation) -> String {
    quote::qualified(&relation.schema, &relation.name)
}

/// What the lock keeps waiting, as a sentence.
pub(crate) fn waits(lock: Option<LockMode>) -> String {
    match lock {
        Some(lock) => format!("{} keeps {} waiting until the transaction ends", lock.pg_name(), lock.blocks().as_str()),
        None => "Others wait until the transaction ends".to_owned(),
    }
}
