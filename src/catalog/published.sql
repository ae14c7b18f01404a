-- Whether updates or deletes of the relation $1 (oid) are published (publications name a table, its schema, all tables, or a table above it).
WITH RECURSIVE above AS (
    SELECT $1 AS oid
    UNION
    SELECT i.inhparent FROM above a
      JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.oid
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
)
SELECT (EXISTS (
    SELECT FROM pg_catalog.pg_publication p, pg_catalog.pg_class c
     WHERE c.oid OPERATOR(pg_catalog.=) $1 AND c.relpersistence OPERATOR(pg_catalog.=) 'p'::"char" AND (p.pubupdate OR p.pubdelete)
       AND (p.puballtables
            OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN above a ON a.oid OPERATOR(pg_catalog.=) r.prrelid
                        WHERE r.prpubid OPERATOR(pg_catalog.=) p.oid)
            OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s
                         JOIN pg_catalog.pg_class t ON t.relnamespace OPERATOR(pg_catalog.=) s.pnnspid
                         JOIN above a ON a.oid OPERATOR(pg_catalog.=) t.oid
                        WHERE s.pnpubid OPERATOR(pg_catalog.=) p.oid))))::text
