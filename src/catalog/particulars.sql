-- What few rules ask of the relation $1 (oid): its policies, an interrupted DETACH of one of its partitions, whether it is published, and
-- for a sequence the tables whose defaults use it.
SELECT pg_catalog.json_build_object(
    'policies', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_policy p WHERE p.polrelid OPERATOR(pg_catalog.=) $1),
    'detach_pending', (SELECT i.inhrelid::int8 FROM pg_catalog.pg_inherits i
                        WHERE i.inhparent OPERATOR(pg_catalog.=) $1 AND i.inhdetachpending LIMIT 1),
    'published', EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.puballtables)
              OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r WHERE r.prrelid OPERATOR(pg_catalog.=) $1)
              OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace n
                           JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.pnnspid
                          WHERE c.oid OPERATOR(pg_catalog.=) $1),
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
