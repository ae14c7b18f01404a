-- Whether the schema $1 (text) has a constraint of the name $2 (text).
SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.connamespace
                WHERE n.nspname OPERATOR(pg_catalog.=) $1::name AND c.conname OPERATOR(pg_catalog.=) $2::name)::text
