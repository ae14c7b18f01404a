-- What only few rules ask of the table $1 (oid). Publications name a table, its schema, all tables, or a table above it.
WITH RECURSIVE above AS (
    SELECT $1 AS oid
    UNION
    SELECT i.inhparent FROM above a
      JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.oid
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
)
SELECT pg_catalog.json_build_object(
    'partition_columns', (SELECT p.partattrs::int2[] FROM pg_catalog.pg_partitioned_table p
                           WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
    'partition_expressions', (SELECT p.partexprs::text FROM pg_catalog.pg_partitioned_table p
                               WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
    'replica_identity', c.relreplident,
    'published', c.relpersistence OPERATOR(pg_catalog.=) 'p'::"char" AND EXISTS (
        SELECT FROM pg_catalog.pg_publication p
         WHERE (p.pubupdate OR p.pubdelete)
           AND (p.puballtables
                OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN above a ON a.oid OPERATOR(pg_catalog.=) r.prrelid
                            WHERE r.prpubid OPERATOR(pg_catalog.=) p.oid)
                OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s
                             JOIN pg_catalog.pg_class t ON t.relnamespace OPERATOR(pg_catalog.=) s.pnnspid
                             JOIN above a ON a.oid OPERATOR(pg_catalog.=) t.oid
                            WHERE s.pnpubid OPERATOR(pg_catalog.=) p.oid))))::text
  FROM pg_catalog.pg_class c
 WHERE c.oid OPERATOR(pg_catalog.=) $1
