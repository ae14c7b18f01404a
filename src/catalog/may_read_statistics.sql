-- Whether the caller may ask pg_stats at all: an administrator can take that away.
SELECT 'yes' WHERE pg_catalog.has_table_privilege('pg_catalog.pg_stats'::pg_catalog.regclass::oid, 'SELECT')
