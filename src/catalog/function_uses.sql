-- What is stored and computed by one of the functions $1 (oid[] as text): indexes, CHECKs and generated columns.
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT pg_catalog.json_build_object('kind', u.kind, 'name', u.name, 'relation', u.relation)
      FROM (
        SELECT 'index' AS kind, i.indrelid::int8 AS relation,
               pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) d.objid
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::oid
           AND d.refobjid OPERATOR(pg_catalog.=) ANY ($1::oid[])
        UNION
        SELECT 'constraint', k.conrelid::int8,
               pg_catalog.format('%I of %I.%I', k.conname, n.nspname, c.relname)
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass::oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::oid
           AND d.refobjid OPERATOR(pg_catalog.=) ANY ($1::oid[])
        UNION
        SELECT 'column', a.attrelid::int8,
               pg_catalog.format('%I of %I.%I', a.attname, n.nspname, c.relname)
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_attrdef f ON f.oid OPERATOR(pg_catalog.=) d.objid
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.adrelid AND a.attnum OPERATOR(pg_catalog.=) f.adnum
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass::oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::oid
           AND d.refobjid OPERATOR(pg_catalog.=) ANY ($1::oid[]) AND a.attgenerated OPERATOR(pg_catalog.=) 's'::"char"
      ) u
     ORDER BY u.relation, u.kind, u.name LIMIT 20))::text
