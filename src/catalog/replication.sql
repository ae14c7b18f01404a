-- Who gets this server's WAL.
SELECT pg_catalog.json_build_object(
    'receivers', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication),
    'slots', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots s WHERE NOT s.temporary))::text
