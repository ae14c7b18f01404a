--liquibase formatted sql

--changeset interop:07 runInTransaction:false
CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL');
--rollback empty
