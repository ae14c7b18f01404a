-- What few rules ask of the relation $1 (oid): its policies, an interrupted DETACH of one of its partitions, whether its updates or deletes are
-- published (publications name a table, its schema, all tables, or a table above it), and for a sequence the tables whose defaults use it.
WITH RECURSIVE above AS (
    SELECT $1 AS oid
    UNION
    SELECT i.inhparent FROM above a
      JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.oid
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
)
SELECT pg_catalog.json_build_object(
    'policies', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_policy p WHERE p.polrelid OPERATOR(pg_catalog.=) $1),
    'detach_pending', (SELECT i.inhrelid::int8 FROM pg_catalog.pg_inherits i
                        WHERE i.inhparent OPERATOR(pg_catalog.=) $1 AND i.inhdetachpending LIMIT 1),
    'published', EXISTS (
        SELECT FROM pg_catalog.pg_publication p, pg_catalog.pg_class c
         WHERE c.oid OPERATOR(pg_catalog.=) $1 AND c.relpersistence OPERATOR(pg_catalog.=) 'p'::"char" AND (p.pubupdate OR p.pubdelete)
           AND (p.puballtables
                OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN above a ON a.oid OPERATOR(pg_catalog.=) r.prrelid
                            WHERE r.prpubid OPERATOR(pg_catalog.=) p.oid)
                OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s
                             JOIN pg_catalog.pg_class t ON t.relnamespace OPERATOR(pg_catalog.=) s.pnnspid
                             JOIN above a ON a.oid OPERATOR(pg_catalog.=) t.oid
                            WHERE s.pnpubid OPERATOR(pg_catalog.=) p.oid))),
    'sequence_users', ARRAY(
        SELECT DISTINCT u.relation FROM (
            SELECT a.adrelid::int8 AS relation
              FROM pg_catalog.pg_depend d
              JOIN pg_catalog.pg_attrdef a ON a.oid OPERATOR(pg_catalog.=) d.objid
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass::oid
               AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
               AND d.refobjid OPERATOR(pg_catalog.=) $1
            UNION ALL
            SELECT d.refobjid::int8
              FROM pg_catalog.pg_depend d
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
               AND d.objid OPERATOR(pg_catalog.=) $1 AND d.deptype OPERATOR(pg_catalog.=) 'i'::"char"
               AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
               AND d.refobjsubid OPERATOR(pg_catalog.>) 0
               AND EXISTS (SELECT FROM pg_catalog.pg_class s
                            WHERE s.oid OPERATOR(pg_catalog.=) $1 AND s.relkind OPERATOR(pg_catalog.=) 'S'::"char")) u
         ORDER BY 1))::text
