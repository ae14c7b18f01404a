-- What only few rules ask of the table $1 (oid).
SELECT pg_catalog.json_build_object(
    'partition_columns', (SELECT p.partattrs::int2[] FROM pg_catalog.pg_partitioned_table p
                           WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
    'partition_expressions', (SELECT p.partexprs::text FROM pg_catalog.pg_partitioned_table p
                               WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
    'replica_identity', c.relreplident,
    'row_security', c.relrowsecurity)::text
  FROM pg_catalog.pg_class c
 WHERE c.oid OPERATOR(pg_catalog.=) $1
