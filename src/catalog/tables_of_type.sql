-- The tables OF the composite type whose relation is $1 (oid).
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT t.oid::int8
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_class t ON t.reloftype OPERATOR(pg_catalog.=) c.reltype
     WHERE c.oid OPERATOR(pg_catalog.=) $1 AND c.relkind OPERATOR(pg_catalog.=) 'c'::"char"
     ORDER BY t.oid))::text
