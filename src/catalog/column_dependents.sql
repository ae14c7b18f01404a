-- What uses column $2 (int4) of the table $1 (oid) and is neither index, constraint, default nor statistics of its own: views and rules,
-- policies, triggers, functions with a body of standard SQL, generated columns, publications.
SELECT pg_catalog.json_agg(pg_catalog.json_build_object('kind', u.kind, 'name', u.name, 'word', u.word, 'relation', u.relation)
                           ORDER BY u.kind, u.name)::text
  FROM (SELECT DISTINCT f.*
          FROM pg_catalog.pg_depend d
         CROSS JOIN LATERAL (
            SELECT CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'v'::"char" THEN 'view'
                        WHEN c.relkind OPERATOR(pg_catalog.=) 'm'::"char" THEN 'materialized view' ELSE 'rule' END AS kind,
                   CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['v', 'm']::"char"[])
                        THEN pg_catalog.format('%I.%I', n.nspname, c.relname)
                        ELSE pg_catalog.format('rule %I on %I.%I', w.rulename, n.nspname, c.relname) END AS name,
                   CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['v', 'm']::"char"[]) THEN c.relname ELSE w.rulename END AS word,
                   CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['v', 'm']::"char"[]) THEN c.oid::int8 END AS relation
              FROM pg_catalog.pg_rewrite w
              JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.ev_class
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::oid
               AND w.oid OPERATOR(pg_catalog.=) d.objid
            UNION ALL
            SELECT 'policy', pg_catalog.format('%I on %I.%I', p.polname, n.nspname, c.relname), p.polname, NULL
              FROM pg_catalog.pg_policy p
              JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.polrelid
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass::oid
               AND p.oid OPERATOR(pg_catalog.=) d.objid
            UNION ALL
            SELECT 'trigger', pg_catalog.format('%I on %I.%I', t.tgname, n.nspname, c.relname), t.tgname, NULL
              FROM pg_catalog.pg_trigger t
              JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass::oid
               AND t.oid OPERATOR(pg_catalog.=) d.objid AND NOT t.tgisinternal
            UNION ALL
            SELECT 'function', pg_catalog.format('%I.%I', n.nspname, f.proname), f.proname, NULL
              FROM pg_catalog.pg_proc f
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) f.pronamespace
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::oid
               AND f.oid OPERATOR(pg_catalog.=) d.objid
            UNION ALL
            SELECT 'column', pg_catalog.format('%I', a.attname), a.attname, NULL
              FROM pg_catalog.pg_attrdef e
              JOIN pg_catalog.pg_attribute a
                ON a.attrelid OPERATOR(pg_catalog.=) e.adrelid AND a.attnum OPERATOR(pg_catalog.=) e.adnum
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass::oid
               AND e.oid OPERATOR(pg_catalog.=) d.objid AND e.adrelid OPERATOR(pg_catalog.=) $1
               AND e.adnum OPERATOR(pg_catalog.<>) $2::int2 AND a.attgenerated OPERATOR(pg_catalog.<>) ''::"char"
            UNION ALL
            SELECT 'publication', pg_catalog.format('%I', p.pubname), p.pubname, NULL
              FROM pg_catalog.pg_publication_rel r
              JOIN pg_catalog.pg_publication p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_publication_rel'::pg_catalog.regclass::oid
               AND r.oid OPERATOR(pg_catalog.=) d.objid) f
         WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
           AND d.refobjid OPERATOR(pg_catalog.=) $1 AND d.refobjsubid OPERATOR(pg_catalog.=) $2) u
