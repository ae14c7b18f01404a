-- The type $1 (oid) with the modifier $2 (int4), its domains resolved. A modifier is printed by built-in types only: no code of a user runs.
WITH RECURSIVE chain AS (
    SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull, 0 AS depth
      FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) $1
    UNION ALL
    SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull, c.depth OPERATOR(pg_catalog.+) 1
      FROM chain c JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) c.typbasetype
     WHERE c.typtype OPERATOR(pg_catalog.=) 'd'::"char"
)
SELECT pg_catalog.json_build_object(
    'name', pg_catalog.format_type(t.oid, CASE WHEN t.typmodout::oid OPERATOR(pg_catalog.<) 16384::oid THEN $2 END),
    'element', CASE WHEN t.typlen OPERATOR(pg_catalog.=) (-1)::int2 THEN NULLIF(t.typelem::int8, 0::int8) END,
    'collation', t.typcollation::int8,
    'domain', CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd'::"char" THEN pg_catalog.json_build_object(
        'base', (SELECT c.oid::int8 FROM chain c ORDER BY c.depth DESC LIMIT 1),
        'base_typmod', (SELECT c.typtypmod FROM chain c WHERE c.typtype OPERATOR(pg_catalog.=) 'd'::"char" ORDER BY c.depth DESC LIMIT 1),
        'constrained', EXISTS (SELECT FROM chain c WHERE c.typnotnull)
                    OR EXISTS (SELECT FROM chain c JOIN pg_catalog.pg_constraint k ON k.contypid OPERATOR(pg_catalog.=) c.oid),
        'default', t.typdefaultbin::text) END)::text
  FROM pg_catalog.pg_type t
 WHERE t.oid OPERATOR(pg_catalog.=) $1
