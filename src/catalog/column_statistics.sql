-- What ANALYZE found in column $2 (int4) of the table $1 (oid), if the role $3 (oid) may read the column, and all of its rows: what pg_stats
-- would show it. (It is not asked with the role's own rights, since those may not reach as far as the catalogs.) With a table that has others
-- below, the figures are those of all of them.
SELECT pg_catalog.json_build_object(
    'null_fraction', s.null_frac,
    'distinct', s.n_distinct,
    'greatest', CASE WHEN a.atttypid OPERATOR(pg_catalog.=) ANY (ARRAY[20, 21, 23]::oid[]) THEN
        (SELECT pg_catalog.max(v.value)
           FROM (SELECT pg_catalog.unnest(s.histogram_bounds::text::int8[]) AS value
                 UNION ALL
                 SELECT pg_catalog.unnest(s.most_common_vals::text::int8[])) v) END)::text
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) $2::int2
  JOIN pg_catalog.pg_stats s ON s.schemaname OPERATOR(pg_catalog.=) n.nspname AND s.tablename OPERATOR(pg_catalog.=) c.relname
                            AND s.attname OPERATOR(pg_catalog.=) a.attname
 WHERE c.oid OPERATOR(pg_catalog.=) $1
   AND pg_catalog.has_column_privilege($3, c.oid, a.attnum, 'SELECT')
   AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity AND pg_catalog.pg_has_role($3, c.relowner, 'USAGE'))
 ORDER BY s.inherited DESC
 LIMIT 1
