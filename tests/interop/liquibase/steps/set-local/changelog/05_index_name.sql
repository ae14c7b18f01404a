--liquibase formatted sql

--changeset interop:05
SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)';
CREATE INDEX users_name_index ON users (name);
--rollback DROP INDEX users_name_index;
