-- What the owner of the database wants of the rules of the check: another risk, or silence.

-- Not marked with pg_extension_config_dump: the relations that it names need not be part of a dump.
CREATE TABLE zdm.rule_policy (
    rule     text NOT NULL,
    relation regclass,
    risk     text NOT NULL CHECK (risk OPERATOR(pg_catalog.=) ANY (ARRAY['off', 'safe', 'caution', 'unknown', 'danger'])),
    reason   text NOT NULL CHECK (reason OPERATOR(pg_catalog.<>) ''),
    set_by   text NOT NULL,
    set_at   timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (rule, relation)
);
-- A publication FOR ALL TABLES must not stand in the way of a change.
ALTER TABLE zdm.rule_policy REPLICA IDENTITY FULL;
COMMENT ON TABLE zdm.rule_policy IS 'risks of rules that differ from the built-in ones; set by zdm.set_rule_policy, never dumped';
COMMENT ON COLUMN zdm.rule_policy.relation IS 'the relation for which it holds; NULL: all';
COMMENT ON COLUMN zdm.rule_policy.risk IS 'the risk of what the rule finds; off: it says nothing';
REVOKE ALL ON zdm.rule_policy FROM PUBLIC;
GRANT SELECT ON zdm.rule_policy TO PUBLIC;

-- SECURITY DEFINER: who may call them may set policies, and nothing else.
CREATE FUNCTION zdm.set_rule_policy(rule text, risk text, reason text, relation regclass DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'zdm_set_rule_policy';
COMMENT ON FUNCTION zdm.set_rule_policy(text, text, text, regclass)
    IS 'sets the risk of a rule, for one relation or for all: off, safe, caution, unknown or danger';
REVOKE ALL ON FUNCTION zdm.set_rule_policy(text, text, text, regclass) FROM PUBLIC;

CREATE FUNCTION zdm.reset_rule_policy(rule text, relation regclass DEFAULT NULL) RETURNS boolean
    LANGUAGE c VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'zdm_reset_rule_policy';
COMMENT ON FUNCTION zdm.reset_rule_policy(text, regclass) IS 'gives a rule its own risk back; says whether it had another';
REVOKE ALL ON FUNCTION zdm.reset_rule_policy(text, regclass) FROM PUBLIC;
