//! `PREPARE`: the statement inside it, which an `EXECUTE` runs.

use pg_query::protobuf::node::Node as Tree;

/// The statement that a text prepares, if it does nothing else.
pub fn prepared(sql: &str) -> Option<String> {
    let mut parsed = super::tree(sql).ok()?;
    let [raw] = parsed.stmts.as_mut_slice() else { return None };
    let Tree::PrepareStmt(prepare) = raw.stmt.as_mut()?.node.take()? else { return None };
    raw.stmt = prepare.query;
    pg_query::deparse(&parsed, pg_query::DeparseOptions::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::prepared;

    #[test]
    fn only_what_prepares_is_taken_apart() {
        assert_eq!(prepared("PREPARE p (int) AS DELETE FROM t").as_deref(), Some("DELETE FROM t"));
        assert_eq!(prepared("DELETE FROM t"), None);
        assert_eq!(prepared("PREPARE p AS SELECT 1; DELETE FROM t"), None);
        assert_eq!(prepared("("), None);
    }
}
