-- The foreign keys of $1 (oid) that the table $2 (oid) has as well (tryAttachPartitionForeignKey), and whether the table's own is valid.
SELECT pg_catalog.json_agg(pg_catalog.json_build_array(p.conname, p.valid))::text
  FROM (
    SELECT p.conname, pg_catalog.bool_or(c.convalidated) AS valid
      FROM pg_catalog.pg_constraint p
      JOIN pg_catalog.pg_constraint c
        ON c.conrelid OPERATOR(pg_catalog.=) $2 AND c.contype OPERATOR(pg_catalog.=) 'f'::"char"
           AND c.conparentid OPERATOR(pg_catalog.=) 0::oid AND c.confrelid OPERATOR(pg_catalog.=) p.confrelid
           AND c.condeferrable OPERATOR(pg_catalog.=) p.condeferrable AND c.condeferred OPERATOR(pg_catalog.=) p.condeferred
           AND c.confupdtype OPERATOR(pg_catalog.=) p.confupdtype AND c.confdeltype OPERATOR(pg_catalog.=) p.confdeltype
           AND c.confmatchtype OPERATOR(pg_catalog.=) p.confmatchtype AND c.confkey OPERATOR(pg_catalog.=) p.confkey
           AND c.conpfeqop OPERATOR(pg_catalog.=) p.conpfeqop
           AND ARRAY(SELECT a.attname
                       FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                       JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) $2 AND a.attnum OPERATOR(pg_catalog.=) k.number
                      ORDER BY k.place)
               OPERATOR(pg_catalog.=)
               ARRAY(SELECT a.attname
                       FROM pg_catalog.unnest(p.conkey) WITH ORDINALITY AS k(number, place)
                       JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attnum OPERATOR(pg_catalog.=) k.number
                      ORDER BY k.place)
     WHERE p.conrelid OPERATOR(pg_catalog.=) $1 AND p.contype OPERATOR(pg_catalog.=) 'f'::"char"
     GROUP BY p.oid, p.conname) AS p
