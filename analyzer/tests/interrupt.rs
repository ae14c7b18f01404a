//! An analysis whose answer is no longer wanted comes to its end at once, wherever it is.

use std::cell::Cell;
use std::rc::Rc;

use zdm_analyzer::catalog::{Cast, Catalog, Dependent, Function, Oid, Relation, Type};
use zdm_analyzer::ir::{QualifiedName, TypeName};
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, effects, verdict};

/// The examples' database, until so many things were asked; then the answer is no longer wanted, and the questions are counted.
struct Impatient {
    db: TestCatalog,
    patience: Cell<usize>,
    late: Cell<usize>,
}

impl Impatient {
    fn new(patience: usize) -> Self {
        Self { db: examples(), patience: Cell::new(patience), late: Cell::new(0) }
    }

    fn asked(&self) -> &TestCatalog {
        self.late.set(self.late.get() + usize::from(self.is_over()));
        &self.db
    }

    fn is_over(&self) -> bool {
        let left = self.patience.get();
        self.patience.set(left.saturating_sub(1));
        left == 0
    }
}

impl Catalog for Impatient {
    fn interrupted(&self) -> bool {
        self.is_over()
    }

    fn major_version(&self) -> u32 {
        self.db.major_version()
    }

    fn relation(&self, name: &QualifiedName) -> Option<Oid> {
        self.asked().relation(name)
    }

    fn describe(&self, relation: Oid) -> Option<Relation> {
        self.db.describe(relation)
    }

    fn shared(&self, relation: Oid) -> Option<Rc<Relation>> {
        self.asked().shared(relation)
    }

    fn resolve_type(&self, name: &TypeName) -> Option<Type> {
        self.asked().resolve_type(name)
    }

    fn cast(&self, from: Oid, to: Oid) -> Cast {
        self.asked().cast(from, to)
    }

    fn functions(&self, name: &QualifiedName, arguments: usize) -> Vec<Function> {
        self.asked().functions(name, arguments)
    }

    fn operators(&self, name: &QualifiedName) -> Vec<Function> {
        self.asked().operators(name)
    }

    fn dependent_views(&self, relation: Oid, column: Option<&str>) -> Vec<Oid> {
        self.asked().dependent_views(relation, column)
    }

    fn column_dependents(&self, relation: Oid, column: &str) -> Option<Vec<Dependent>> {
        self.asked().column_dependents(relation, column)
    }

    fn schema_exists(&self, schema: &str) -> bool {
        self.asked().schema_exists(schema)
    }

    fn relations_in_schema(&self, schema: &str) -> Vec<Oid> {
        self.asked().relations_in_schema(schema)
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.asked().setting(name)
    }

    fn time_zone_is_utc(&self) -> bool {
        self.db.time_zone_is_utc()
    }
}

/// So many questions may be on their way when it happens.
const ON_THE_WAY: usize = 30;

#[test]
fn little_is_asked_after_an_interrupt() {
    let texts = [
        format!("ALTER TABLE users DROP email{}", ", DROP name".repeat(100)),
        format!("ALTER TABLE users DROP email CASCADE{}", ", DROP name CASCADE".repeat(100)),
        format!("ALTER TABLE users ADD x int{}", ", ALTER name TYPE text".repeat(100)),
        format!("ALTER TABLE users ADD x int{}", ", ADD FOREIGN KEY (id) REFERENCES orders (id)".repeat(100)),
        "ALTER TABLE users DROP name;".repeat(100),
        "CREATE TABLE n (a int); DROP TABLE users;".repeat(100),
    ];
    for text in &texts {
        for patience in (0..10).chain((20..3_000).step_by(170)) {
            let ask = |question: &dyn Fn(&Impatient)| {
                let db = Impatient::new(patience);
                question(&db);
                assert!(db.late.get() <= ON_THE_WAY, "{} questions after {patience} of {:.60}", db.late.get(), text);
            };
            ask(&|db| drop(check(text, db)));
            ask(&|db| drop(verdict(text, db)));
            ask(&|db| drop(effects(text, db)));
        }
    }
}

#[test]
fn nothing_is_asked_of_a_text_that_is_not_read_to_its_end() {
    for patience in 0..4 {
        let db = Impatient::new(patience);
        assert!(check("ALTER TABLE users DROP name", &db).iter().all(|finding| finding.rule == Some("not-analyzable")));
        assert_eq!(db.late.get(), 0, "{patience}");
    }
}
