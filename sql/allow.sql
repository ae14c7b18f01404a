-- What the guard lets pass: allowances for one use, and roles that it leaves alone.

-- Not marked with pg_extension_config_dump: an allowance holds for minutes, and roles need not be part of a dump.
CREATE TABLE zdm.stored_allowance (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule       text NOT NULL,
    object     text,
    role       regrole NOT NULL,
    reason     text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE zdm.stored_allowance IS 'allowances for one use, made by zdm.allow_next, never dumped; to be read as zdm.allowance';
COMMENT ON SEQUENCE zdm.stored_allowance_id_seq IS 'the numbers of allowances';
REVOKE ALL ON zdm.stored_allowance FROM PUBLIC;

CREATE VIEW zdm.allowance AS
SELECT a.id, CASE WHEN a.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp() THEN 'pending' ELSE 'expired' END AS state,
       a.rule, a.object, a.role, a.reason, a.created_by, a.created_at, a.expires_at
  FROM zdm.stored_allowance a
 WHERE EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) a.role::oid);
COMMENT ON VIEW zdm.allowance IS 'allowances for one use that have not been used: made by zdm.allow_next, taken back by zdm.withdraw_allowance';
COMMENT ON COLUMN zdm.allowance.object IS 'schema.table for which it holds; NULL: all';
COMMENT ON COLUMN zdm.allowance.role IS 'whose next statement it lets pass';
GRANT SELECT ON zdm.allowance TO PUBLIC;

-- Everybody may call these two, and they refuse those who may not set zdm.allow: one GRANT SET ON PARAMETER is all that is needed.
CREATE FUNCTION zdm.allow_next(rule text, object text DEFAULT NULL, reason text DEFAULT NULL, valid_for interval DEFAULT '10 minutes',
    for_role regrole DEFAULT NULL) RETURNS integer
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'zdm_allow_next';
COMMENT ON FUNCTION zdm.allow_next(text, text, text, interval, regrole)
    IS 'lets the next statement of a role pass, once, that the guard would refuse by this rule; for those who may set zdm.allow';

CREATE FUNCTION zdm.withdraw_allowance(id integer) RETURNS boolean
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'zdm_withdraw_allowance';
COMMENT ON FUNCTION zdm.withdraw_allowance(integer) IS 'takes an allowance of zdm.allow_next back; says whether there was one';

CREATE TABLE zdm.guard_exemption (
    role   regrole PRIMARY KEY,
    reason text,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL
);
COMMENT ON TABLE zdm.guard_exemption IS 'roles whose sessions the guard leaves alone; set by zdm.guard_exempt, never dumped';
REVOKE ALL ON zdm.guard_exemption FROM PUBLIC;
GRANT SELECT ON zdm.guard_exemption TO PUBLIC;

-- SECURITY DEFINER: who may call it may make roles exempt, and nothing else.
CREATE FUNCTION zdm.guard_exempt(role regrole, exempt boolean DEFAULT true, reason text DEFAULT NULL) RETURNS boolean
    LANGUAGE c VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'zdm_guard_exempt';
COMMENT ON FUNCTION zdm.guard_exempt(regrole, boolean, text)
    IS 'has the guard leave the sessions of a role alone, or (exempt => false) ends that; says whether anything changed';
REVOKE ALL ON FUNCTION zdm.guard_exempt(regrole, boolean, text) FROM PUBLIC;
