-- How often the index $1 (oid) was used since the statistics were reset.
SELECT pg_catalog.pg_stat_get_numscans($1)::text
