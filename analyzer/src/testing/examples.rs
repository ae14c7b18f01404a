//! The database that the examples of the rules' manuals speak of.

use super::TestCatalog;
use crate::catalog::RelationKind;

/// `users`, `orders` (partly referencing it), the partitioned `events`, and a few more.
pub fn examples() -> TestCatalog {
    let mut db = TestCatalog::new();
    let users = db.table("users", "id bigint not null, email text, name varchar(40), age int, active bool, created_at timestamp");
    db.index(users, "users_pkey", &["id"], true, true);
    db.index(users, "users_email_idx", &["email"], false, false);
    db.check(users, "users_email_present", &["email"], "(email IS NOT NULL)", true);
    let orders =
        db.table("orders", "id bigint not null, user_id bigint, ref int not null, total numeric(10,2), status text, note varchar(20)");
    db.index(orders, "orders_ref_idx", &["ref"], true, false);
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
    db.domain("percent", "int", true);
    db.domain("label", "text", false);
    db
}
