//! The database that the examples of the rules' manuals speak of.

use super::TestCatalog;
use crate::catalog::{ColumnStatistics, DependentKind, Generated, RelationKind, TableFacts};

/// `users`, `orders` (partly referencing it), the partitioned `events`, and a few more.
pub fn examples() -> TestCatalog {
    let mut db = TestCatalog::new();
    let users = db.table("users", "id bigint not null, email text, name varchar(40), age int, active bool, created_at timestamp");
    db.index(users, "users_pkey", &["id"], true, true);
    db.index(users, "users_email_idx", &["email"], false, false);
    db.check(users, "users_email_present", &["email"], "(email IS NOT NULL)", true);
    let orders =
        db.table("orders", "id bigint not null, user_id bigint, ref bigint not null, total numeric(10,2), status text, note varchar(20)");
    let used = db.index(orders, "orders_ref_idx", &["ref"], true, false);
    db.set_index_scans(used, 12);
    db.foreign_key(orders, "orders_user_id_fkey", "user_id", users, "id", true);
    db.check(orders, "orders_total_positive", &["total"], "(total > (0)::numeric)", false);
    let events = db.relation(RelationKind::PartitionedTable, "events");
    db.columns(events, "id bigint not null, at timestamptz not null, kind text");
    for name in ["events_2024", "events_2025"] {
        let part = db.table(name, "id bigint not null, at timestamptz not null, kind text");
        db.child(events, part, true, false);
    }
    db.view(RelationKind::MaterializedView, "sales", orders, &["total"]);
    db.view(RelationKind::View, "active_users", users, &["id", "active"]);
    people(&mut db);
    db.set_facts(events, TableFacts { partition_key: vec!["at".to_owned()], ..TableFacts::default() });
    db.domain("percent", "int", true);
    db.domain("label", "text", false);
    db
}

/// A table that was analyzed, and of which more is known.
fn people(db: &mut TestCatalog) {
    let people = db.table("people", "id int not null, email text, nick text, code varchar(10), level int not null, code_upper text");
    db.index(people, "people_pkey", &["id"], true, true);
    let half_built = db.index(people, "people_nick_idx", &["nick"], false, false);
    db.set_index_scans(half_built, 1);
    db.change(people, |relation| relation.indexes.iter_mut().filter(|one| one.oid == half_built).for_each(|one| one.valid = false));
    db.change(people, |relation| relation.columns.iter_mut().filter(|one| one.name == "level").for_each(|one| one.has_default = true));
    db.change(people, |relation| {
        let generated = Generated { stored: true, reads: vec!["code".to_owned()] };
        let computed = relation.columns.iter_mut().filter(|one| one.name == "code_upper");
        computed.for_each(|one| one.generated = Some(generated.clone()));
    });
    db.check(people, "people_email_present", &["email"], "(email IS NOT NULL)", false);
    db.check(people, "people_nick_present", &["nick"], "(nick IS NOT NULL)", false);
    db.check(people, "people_level_positive", &["level"], "(level > 0)", true);
    db.view(RelationKind::View, "people_codes", people, &["code"]);
    db.dependent(people, "code", DependentKind::View, "people_codes");
    db.set_statistics(people, "id", ColumnStatistics { null_fraction: 0.0, distinct: -1.0, greatest: Some(2_000_000_000) });
    db.set_statistics(people, "email", ColumnStatistics { null_fraction: 0.0, distinct: -1.0, greatest: None });
    db.set_statistics(people, "nick", ColumnStatistics { null_fraction: 0.25, distinct: 1200.0, greatest: None });
    db.set_column_numbers(people, 1600);
}
