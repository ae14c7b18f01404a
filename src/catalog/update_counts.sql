-- How often rows of the table $1 (oid) were updated since the statistics were reset, and how often without a write to its indexes.
SELECT pg_catalog.json_build_array(pg_catalog.pg_stat_get_tuples_updated($1), pg_catalog.pg_stat_get_tuples_hot_updated($1))::text
