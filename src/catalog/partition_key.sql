-- By what the table $1 (oid) is partitioned: its columns, NULL for an expression.
SELECT pg_catalog.json_build_object(
    'strategy', p.partstrat,
    'columns', ARRAY(
        SELECT a.attname::text
          FROM pg_catalog.unnest(p.partattrs::int2[]) WITH ORDINALITY AS k(number, place)
          LEFT JOIN pg_catalog.pg_attribute a
            ON a.attrelid OPERATOR(pg_catalog.=) p.partrelid AND a.attnum OPERATOR(pg_catalog.=) k.number
               AND k.number OPERATOR(pg_catalog.<>) 0::int2
         ORDER BY k.place))::text
  FROM pg_catalog.pg_partitioned_table p
 WHERE p.partrelid OPERATOR(pg_catalog.=) $1
