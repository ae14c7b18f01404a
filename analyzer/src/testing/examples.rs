//! The database that the examples of the rules' manuals speak of.

use super::{TestCatalog, idle};
use crate::catalog::{ColumnStatistics, DependentKind, Found, Generated, Oid, RelationKind, Size, TableFacts};
use crate::lock::LockMode;

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
    db.table("events_import", "id bigint not null, at timestamptz not null, kind text");
    db.view(RelationKind::MaterializedView, "sales", orders, &["total"]);
    db.view(RelationKind::View, "active_users", users, &["id", "active"]);
    people(&mut db);
    db.set_facts(events, TableFacts { partition_key: vec!["at".to_owned()], ..TableFacts::default() });
    moment(&mut db, users, orders);
    db.domain("percent", "int", true);
    db.domain("label", "text", false);
    particular(&mut db);
    db
}

/// A table that was analyzed, and of which more is known.
fn people(db: &mut TestCatalog) {
    let people = db.table("people", "id int not null, email text, nick text, code varchar(10), level int not null, email_upper text");
    db.index(people, "people_pkey", &["id"], true, true);
    let half_built = db.index(people, "people_nick_idx", &["nick"], false, false);
    db.set_index_scans(half_built, 1);
    db.change(people, |relation| {
        relation.indexes.change(|all| all.iter_mut().filter(|one| one.oid == half_built).for_each(|one| one.valid = false))
    });
    db.change(people, |relation| relation.columns.iter_mut().filter(|one| one.name == "level").for_each(|one| one.has_default = true));
    db.change(people, |relation| {
        let generated = Generated { stored: true, reads: vec!["email".to_owned()].into() };
        let computed = relation.columns.iter_mut().filter(|one| one.name == "email_upper");
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

/// Tables that are special in one thing each.
fn particular(db: &mut TestCatalog) {
    let counters = db.table("counters", "id bigint not null, hits bigint not null");
    db.index(counters, "counters_pkey", &["id"], true, true);
    db.set_updates(counters, 2_000_000, 1_900_000);
    db.new_type("weather");
    db.table("diaries", "id bigint not null, sky weather");
    let readings = db.table("readings", "id bigint not null, value int, twice int");
    db.change(readings, |relation| {
        relation.columns[2].generated = Some(Generated { stored: false, reads: vec!["value".to_owned()].into() })
    });
    let codes = db.table("codes", "id bigint not null, code text");
    db.function_use("normal_code", "index", "public.codes_normal_idx", codes);
    let history = db.table("history", "id bigint not null, note text");
    db.set_free_space(history, 4 << 20);
    let archive = db.table("archive", "id bigint not null, note text");
    db.holder(archive, idle(4712, Some(LockMode::ShareUpdateExclusive), "CREATE INDEX CONCURRENTLY ON archive (note)"));
}

/// What there is to say of this moment, each on a table of its own, so that other examples stay quiet.
fn moment(db: &mut TestCatalog, users: Oid, orders: Oid) {
    let audit = db.table("audit", "id bigint not null, note text");
    db.holder(audit, idle(4711, Some(LockMode::AccessShare), "SELECT count(*) FROM audit"));
    db.snapshot(audit, idle(4711, None, "SELECT count(*) FROM audit"));
    let metrics = db.table("metrics", "id bigint not null, value int");
    db.job(metrics, 7).replicated(metrics, 2, 1).set_share(metrics, "value IS NOT NULL", 47_000_000.0, 48_000_000.0);
    let numbers = db.relation(RelationKind::Sequence, "metrics_id_seq");
    db.change(metrics, |table| {
        table.size = Size::Bytes(1 << 30).into();
        table.owned_sequences.change(|owned| owned.push(("id".to_owned(), numbers)));
        table.columns.iter_mut().filter(|column| column.name == "id").for_each(|column| column.has_default = true);
    });
    let ledger = db.table("ledger", "id bigint not null, amount numeric");
    db.owned_by_another(ledger, "accounting");
    let logs = db.relation(RelationKind::PartitionedTable, "logs");
    db.columns(logs, "id bigint not null, at timestamptz not null");
    for name in ["logs_2024", "logs_2025"] {
        let part = db.table(name, "id bigint not null, at timestamptz not null");
        db.child(logs, part, true, false).set_detach_pending(logs, part);
    }
    let many = db.relation(RelationKind::PartitionedTable, "measurements");
    db.columns(many, "id bigint not null, at timestamptz not null");
    for number in 0..60 {
        let part = db.table(&format!("measurements_{number}"), "id bigint not null, at timestamptz not null");
        db.child(many, part, true, false);
    }
    db.set_lock_slots(80).set_guard_sees_events_only(true);
    let sequence = db.relation(RelationKind::Sequence, "tickets");
    db.numbers(sequence, orders);
    db.publish(orders);
    db.dependents_of(users, &["view active_users", "constraint orders_user_id_fkey on table orders"], false);
    db.role_owns("clerk", &["table ledger", "view open_items"], true).answer("r.rolname = 'clerk'", Found::default());
    let daily = db.view(RelationKind::View, "daily", orders, &["id", "status"]);
    db.columns(daily, "id bigint, status text");
    let by_day = db.view(RelationKind::MaterializedView, "sales_by_day", orders, &["total"]);
    db.index(by_day, "sales_by_day_key", &["day"], true, false);
}
