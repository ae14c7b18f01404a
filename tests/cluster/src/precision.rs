//! Whether findings warn of what is to be warned of, and of nothing else.
//!
//! A statement is heavy if it reads, rewrites or indexes a relation with rows under a lock that keeps writers waiting. It breaks something if what
//! programs may rely on is not there afterwards: a column of that name and type, a constraint, an index, a right.

use std::collections::BTreeSet;

use crate::claims::{Case, long};
use crate::observe::Effects;
use crate::session::Session;

/// Whether the statement is heavy.
pub fn heavy(came: &Effects) -> bool {
    came.iter().any(long)
}

/// Whether a finding (risk, rule, blocks, rewrites, scans) warns of a lock on writes for as long as data is big.
pub fn warns(row: &str) -> bool {
    let parts: Vec<&str> = row.split('|').collect();
    matches!(parts[..], ["danger", _, blocks, rewrites, scans] if blocks.contains("writes") && (rewrites == "t" || scans == "t"))
}

/// Whether a case is counted. TRUNCATE gives a new file in a moment: what is bad about it is not the time.
pub fn counts(case: &Case) -> bool {
    !case.sql.trim_start().starts_with("TRUNCATE")
}

/// Statements, by what they did and by what was said of them.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub hits: usize,
    pub false_alarms: usize,
    pub misses: usize,
    pub rightly_quiet: usize,
}

impl Tally {
    pub fn count(&mut self, heavy: bool, warned: bool) {
        *match (heavy, warned) {
            (true, true) => &mut self.hits,
            (false, true) => &mut self.false_alarms,
            (true, false) => &mut self.misses,
            (false, false) => &mut self.rightly_quiet,
        } += 1;
    }

    /// The part of the warnings that is right.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.hits + self.false_alarms)
    }

    /// The part of the heavy statements that was warned of.
    pub fn recall(&self) -> f64 {
        share(self.hits, self.hits + self.misses)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// What programs may rely on, a line each.
const RELIED_ON: &str = "
    WITH own AS (SELECT oid FROM pg_catalog.pg_namespace
                  WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'zdm')),
         relations AS (SELECT * FROM pg_catalog.pg_class WHERE relnamespace IN (SELECT oid FROM own) AND relkind NOT IN ('i', 'I'))
    SELECT pg_catalog.concat_ws(' ', 'relation', oid, relname, relnamespace, relkind, relpersistence, relowner, relacl, relrowsecurity, relispartition)
      FROM relations
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'column', attrelid, attname, atttypid, atttypmod, attidentity, attgenerated, atthasdef, attacl)
      FROM pg_catalog.pg_attribute WHERE attrelid IN (SELECT oid FROM relations) AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'not required', attrelid, attname)
      FROM pg_catalog.pg_attribute WHERE attrelid IN (SELECT oid FROM relations) AND attnum > 0 AND NOT attisdropped AND NOT attnotnull
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'constraint', conrelid, contypid, conname, contype, condeferrable)
      FROM pg_catalog.pg_constraint WHERE connamespace IN (SELECT oid FROM own) AND contype <> 'n'
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'index', indrelid, relname, indkey, indisunique)
      FROM pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid WHERE indrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'view', ev_class, rulename, ev_enabled, pg_catalog.md5(ev_action::text))
      FROM pg_catalog.pg_rewrite WHERE ev_class IN (SELECT oid FROM relations)
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'trigger', tgrelid, tgname, tgenabled)
      FROM pg_catalog.pg_trigger WHERE tgrelid IN (SELECT oid FROM relations) AND NOT tgisinternal
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'policy', polrelid, polname, polcmd) FROM pg_catalog.pg_policy
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'no policy', oid) FROM relations WHERE NOT relrowsecurity
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'type', oid, typname, typnamespace, typnotnull, typdefault)
      FROM pg_catalog.pg_type WHERE typnamespace IN (SELECT oid FROM own)
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'label', enumtypid, enumlabel) FROM pg_catalog.pg_enum
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'function', oid, proname, pronamespace, proacl)
      FROM pg_catalog.pg_proc WHERE pronamespace IN (SELECT oid FROM own)
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'statistics', oid, stxname) FROM pg_catalog.pg_statistic_ext
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'published', prpubid, prrelid) FROM pg_catalog.pg_publication_rel
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'others', 'schema', nspname, nspowner, nspacl) FROM pg_catalog.pg_namespace
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'others', 'publication', pubname) FROM pg_catalog.pg_publication
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'others', 'extension', extname) FROM pg_catalog.pg_extension
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'others', 'role', rolname, rolcanlogin) FROM pg_catalog.pg_roles";

/// What programs may rely on now.
pub fn relied_on(s: &mut Session) -> BTreeSet<String> {
    s.rows(RELIED_ON).into_iter().collect()
}
