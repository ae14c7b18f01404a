-- The audit: what the guard refused, warned of and let pass, and who changed what it does.

-- Not marked with pg_extension_config_dump: it tells of this database, not of a copy. No user may write to it: the library does, with the owner's
-- rights.
CREATE TABLE zdm.audit (
    -- no sequence: it would change what lastval() says in the session that writes
    id                uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    at                timestamptz NOT NULL,
    event             text NOT NULL,
    session_user_name text,
    current_user_name text,
    client_addr       inet,
    application_name  text,
    pid               integer,
    rule              text,
    object            text,
    risk              text,
    command           text,
    statement         text,
    fingerprint       text,
    reason            text
);
CREATE INDEX audit_at ON zdm.audit (at);
COMMENT ON TABLE zdm.audit IS 'what the guard refused, warned of and let pass, and what changed it; trimmed by zdm.audit_retention, never dumped';
COMMENT ON COLUMN zdm.audit.at IS 'when it happened';
COMMENT ON COLUMN zdm.audit.event IS 'refused, warned, allowed; mode, policy, allowance, exempt: a change of the guard; lost: events that came too fast';
COMMENT ON COLUMN zdm.audit.current_user_name IS 'the role that SET ROLE chose, whosever function ran the statement';
COMMENT ON COLUMN zdm.audit.client_addr IS 'NULL: a socket of the file system';
COMMENT ON COLUMN zdm.audit.statement IS 'the statement without comments, passwords and row data; its command where the text is not known';
COMMENT ON COLUMN zdm.audit.fingerprint IS 'the same for statements that differ in constants only';
REVOKE ALL ON zdm.audit FROM PUBLIC;
GRANT SELECT ON zdm.audit TO pg_monitor;

CREATE FUNCTION zdm.would_refuse(since interval DEFAULT '7 days',
    OUT rule text, OUT object text, OUT statement text, OUT count bigint, OUT first timestamptz, OUT last timestamptz,
    OUT users text[], OUT applications text[], OUT refused_by text)
    RETURNS SETOF record LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT a.rule, a.object, pg_catalog.min(a.statement), pg_catalog.count(*), pg_catalog.min(a.at), pg_catalog.max(a.at),
               pg_catalog.array_agg(DISTINCT a.session_user_name), pg_catalog.array_agg(DISTINCT a.application_name),
               CASE WHEN a.rule OPERATOR(pg_catalog.=) ANY (ARRAY['update-without-where', 'delete-without-where'])
                    THEN 'zdm.guard_dml = enforce' ELSE 'zdm.set_guard(''enforce'')' END
          FROM zdm.audit a
         WHERE a.event OPERATOR(pg_catalog.=) 'warned' AND a.risk OPERATOR(pg_catalog.=) 'danger'
           AND a.at OPERATOR(pg_catalog.>=) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) since)
         GROUP BY a.rule, a.object, COALESCE(a.fingerprint, a.statement)
         ORDER BY 4 DESC, 1, 2, 3
    $$;
COMMENT ON FUNCTION zdm.would_refuse(interval) IS 'what the guard has warned of and would have refused, each kind of statement once, the most frequent first';
