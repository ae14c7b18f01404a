-- The check: what a text of DDL would do, told before it is run. Its functions have no SET search_path: they resolve the caller's names. All else
-- that they name is qualified, and what they read of the catalogs is read with their owner's rights.

CREATE FUNCTION zdm.check_ddl(sql text, probe boolean DEFAULT false,
    OUT statement integer, OUT line integer, OUT command text, OUT object text, OUT risk text, OUT rule text, OUT lock_mode text,
    OUT blocks text, OUT rewrites boolean, OUT scans boolean, OUT estimate_low interval, OUT estimate_high interval,
    OUT message text, OUT detail text, OUT hint text)
    RETURNS SETOF record LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'zdm_check_ddl';
COMMENT ON FUNCTION zdm.check_ddl(text, boolean)
    IS 'says of each statement of a text what it would lock, rewrite, scan or break, and what to run instead; runs nothing, and looks at rows only with probe';

CREATE FUNCTION zdm.check_report(sql text, format text DEFAULT 'text', fail_on text DEFAULT NULL, file text DEFAULT NULL,
    probe boolean DEFAULT false) RETURNS text
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'zdm_check_report';
COMMENT ON FUNCTION zdm.check_report(text, text, text, text, boolean)
    IS 'what zdm.check_ddl says, as a document: text, markdown, json, sarif or github; an error if it finds the risk fail_on or a worse one';

CREATE FUNCTION zdm.ddl_effects(sql text,
    OUT statement integer, OUT relation regclass, OUT lock_mode text, OUT rewrites boolean, OUT scans boolean,
    OUT builds_indexes boolean)
    RETURNS SETOF record LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'zdm_ddl_effects';
COMMENT ON FUNCTION zdm.ddl_effects(text)
    IS 'says which existing relations each statement of a text would lock, in which mode, and whether it would rewrite or scan them or build indexes on them';

CREATE FUNCTION zdm.rules(OUT name text, OUT risk text, OUT summary text)
    RETURNS SETOF record LANGUAGE c STABLE PARALLEL SAFE ROWS 50 AS 'MODULE_PATHNAME', 'zdm_rules';
COMMENT ON FUNCTION zdm.rules() IS 'all rules of the check, with the worst that each can say';

CREATE VIEW zdm.rules AS SELECT r.name, r.risk, r.summary FROM zdm.rules() r;
COMMENT ON VIEW zdm.rules IS 'all rules of the check, with the worst that each can say';
GRANT SELECT ON zdm.rules TO PUBLIC;

CREATE FUNCTION zdm.explain(rule text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'zdm_explain';
COMMENT ON FUNCTION zdm.explain(text) IS 'the manual of a rule';
