-- All that the analysis wants to know of the relation $1 (oid), as one JSON document. Nothing here locks the relation: no pg_get_expr and no
-- pg_get_constraintdef (both open it to print a column's name), no pg_relation_size; the file is measured by its path.
SELECT pg_catalog.json_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'kind', c.relkind,
    'persistence', c.relpersistence,
    'file', pg_catalog.pg_relation_filepath(c.oid),
    'rows', c.reltuples,
    'column_numbers', c.relnatts,
    'is_partition', c.relispartition,
    'access_method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid OPERATOR(pg_catalog.=) c.relam),
    'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace s
                    WHERE s.oid OPERATOR(pg_catalog.=) COALESCE(NULLIF(c.reltablespace::int8, 0::int8)::oid,
                          (SELECT b.dattablespace FROM pg_catalog.pg_database b
                            WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))),
    'default_partition', (SELECT NULLIF(p.partdefid::int8, 0::int8) FROM pg_catalog.pg_partitioned_table p
                           WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
    'parents', ARRAY(SELECT i.inhparent::int8 FROM pg_catalog.pg_inherits i
                      WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid ORDER BY i.inhseqno),
    'children', ARRAY(SELECT i.inhrelid::int8 FROM pg_catalog.pg_inherits i
                       WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid ORDER BY i.inhrelid),
    'index_of', (SELECT x.indrelid::int8 FROM pg_catalog.pg_index x WHERE x.indexrelid OPERATOR(pg_catalog.=) c.oid),
    'columns', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                    'number', a.attnum,
                    'name', a.attname,
                    'type', a.atttypid::int8,
                    'typmod', a.atttypmod,
                    'not_null', a.attnotnull,
                    'has_default', a.atthasdef,
                    'identity', a.attidentity,
                    'generated', a.attgenerated,
                    'expression', CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) ''::"char" THEN d.adbin::text END,
                    'collation', a.attcollation::int8) ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute a
                  LEFT JOIN pg_catalog.pg_attrdef d
                    ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
                 WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
                   AND a.attnum OPERATOR(pg_catalog.>) 0::int2 AND NOT a.attisdropped),
    'constraints', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                        'name', k.conname,
                        'kind', k.contype,
                        'validated', k.convalidated,
                        'no_inherit', k.connoinherit AND k.contype OPERATOR(pg_catalog.=) ANY (ARRAY['c', 'n']::"char"[]),
                        'columns', k.conkey,
                        'expression', k.conbin::text,
                        'references', NULLIF(k.confrelid::int8, 0::int8),
                        'index', NULLIF(k.conindid::int8, 0::int8)) ORDER BY k.conname)
                      FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid),
    -- pg_constraint has no index on the referenced table; pg_depend has one
    'referenced_by', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                          'constraint', k.conname,
                          'table', k.conrelid::int8,
                          'validated', k.convalidated,
                          'columns', k.confkey) ORDER BY k.conname, k.conrelid)
                        FROM pg_catalog.pg_constraint k
                       WHERE k.contype OPERATOR(pg_catalog.=) 'f'::"char" AND k.confrelid OPERATOR(pg_catalog.=) c.oid
                         AND k.oid OPERATOR(pg_catalog.=) ANY (ARRAY(
                             SELECT d.objid FROM pg_catalog.pg_depend d
                              WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                                AND d.refobjid OPERATOR(pg_catalog.=) c.oid
                                AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass::oid))),
    'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                    'oid', x.indexrelid::int8,
                    'name', i.relname,
                    'unique', x.indisunique,
                    'primary', x.indisprimary,
                    'valid', x.indisvalid,
                    'columns', x.indkey::int2[],
                    'expressions', x.indexprs::text,
                    'predicate', x.indpred::text) ORDER BY i.relname)
                  FROM pg_catalog.pg_index x
                  JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
                 WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid),
    'owned_sequences', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('column', d.refobjsubid, 'sequence', s.oid::int8)
                                                   ORDER BY d.refobjsubid)
                          FROM pg_catalog.pg_depend d
                          JOIN pg_catalog.pg_class s
                            ON s.oid OPERATOR(pg_catalog.=) d.objid AND s.relkind OPERATOR(pg_catalog.=) 'S'::"char"
                         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                           AND d.refobjid OPERATOR(pg_catalog.=) c.oid
                           AND d.refobjsubid OPERATOR(pg_catalog.>) 0
                           AND d.deptype OPERATOR(pg_catalog.=) ANY (ARRAY['a', 'i']::"char"[])))::text
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE c.oid OPERATOR(pg_catalog.=) $1
