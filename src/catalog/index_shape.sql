-- How the index $1 (oid) is made: its key columns, and whether all about them is what comes by itself.
SELECT pg_catalog.json_build_object(
    'method', m.amname,
    'keys', ARRAY(SELECT k.number FROM pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
                   WHERE k.place OPERATOR(pg_catalog.<=) x.indnkeyatts::int8 ORDER BY k.place),
    'plain', x.indpred IS NULL AND x.indexprs IS NULL AND NOT x.indnullsnotdistinct AND NOT x.indisexclusion
         AND NOT EXISTS (SELECT FROM pg_catalog.unnest(x.indoption::int2[]) AS o(bits) WHERE o.bits OPERATOR(pg_catalog.<>) 0::int2)
         AND NOT EXISTS (SELECT FROM pg_catalog.unnest(x.indclass::oid[]) AS o(class)
                           JOIN pg_catalog.pg_opclass c ON c.oid OPERATOR(pg_catalog.=) o.class WHERE NOT c.opcdefault)
         AND NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest(x.indcollation::oid[]), pg_catalog.unnest(x.indkey::int2[])) AS k(coll, number)
                           JOIN pg_catalog.pg_attribute a
                             ON a.attrelid OPERATOR(pg_catalog.=) x.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.number
                          WHERE k.coll OPERATOR(pg_catalog.<>) a.attcollation))::text
  FROM pg_catalog.pg_index x
  JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
  JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) i.relam
 WHERE x.indexrelid OPERATOR(pg_catalog.=) $1
