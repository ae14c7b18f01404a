-- The tables that the publication $1 (text) names, each by itself.
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT r.prrelid::int8
      FROM pg_catalog.pg_publication p
      JOIN pg_catalog.pg_publication_rel r ON r.prpubid OPERATOR(pg_catalog.=) p.oid
     WHERE p.pubname OPERATOR(pg_catalog.=) $1::name
     ORDER BY 1))::text
