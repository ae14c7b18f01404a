-- attempt: a setting made before the library is loaded
SET zdm.allow = '*'
TRUNCATE app.same

-- attempt: the mode as a placeholder
SET zdm.guard_mode = 'off'
CREATE INDEX ON app.users (v)

-- attempt: set_config in the same message
SELECT set_config('zdm.allow', '*', false); TRUNCATE app.same

-- attempt: the options of the connection
-- options: -c zdm.allow=*
TRUNCATE app.same
CREATE INDEX ON app.users (v)

-- attempt: everything is small, in the options of the connection
-- options: -c zdm.small_table=1GB
CREATE INDEX ON app.users (v)
ALTER TABLE app.users ALTER COLUMN v SET NOT NULL

-- attempt: other settings in the options of the connection
-- options: -c zdm.guard_dml=off -c zdm.require_reason=off -c zdm.max_check_size=1 -c zdm.comment_allow=on
DELETE FROM app.same
/* zdm:allow truncate-table */ TRUNCATE app.same
CREATE INDEX ON app.users (v)

-- attempt: the mode in the options of the connection
-- options: -c zdm.guard_mode=off
TRUNCATE app.same

-- attempt: no library by the options of the connection
-- options: -c session_preload_libraries=
TRUNCATE app.same
DROP TABLE app.same

-- attempt: everything is too long
SET zdm.max_check_size = 1
CREATE INDEX ON app.users (v)

-- attempt: everything is small
SET zdm.small_table = '1TB'
ALTER TABLE app.users ALTER COLUMN v SET NOT NULL

-- attempt: rows do not matter
SET zdm.guard_dml = off
DELETE FROM app.same

-- attempt: settings of one's own role
ALTER ROLE bob SET zdm.allow = '*'
ALTER ROLE bob SET zdm.guard_mode = 'off'
ALTER ROLE bob SET session_preload_libraries = ''
ALTER ROLE bob RESET ALL
-- again
TRUNCATE app.same
CREATE INDEX ON app.users (v)

-- attempt: settings of the database by its owner
-- as: dave
ALTER DATABASE {database} SET zdm.guard_mode = 'off'
ALTER DATABASE {database} SET zdm.allow = '*'
ALTER DATABASE {database} SET session_preload_libraries = ''
ALTER DATABASE {database} RESET session_preload_libraries
ALTER DATABASE {database} RESET ALL
-- as: bob
TRUNCATE app.same
CREATE INDEX ON app.users (v)

-- attempt: settings of a role in the database by its owner
-- as: dave
ALTER ROLE bob IN DATABASE {database} SET zdm.guard_mode = 'off'
ALTER ROLE ALL IN DATABASE {database} SET zdm.small_table = '1TB'
-- as: bob
CREATE INDEX ON app.users (v)

-- attempt: settings of a function
CREATE FUNCTION app.pass() RETURNS void LANGUAGE plpgsql SET zdm.allow = '*' AS 'BEGIN TRUNCATE app.same; END'
CREATE FUNCTION app.pass() RETURNS void LANGUAGE plpgsql AS 'BEGIN TRUNCATE app.same; END'
ALTER FUNCTION app.pass() SET zdm.guard_mode = 'off'
SELECT app.pass()

-- attempt: a function with its owner's rights
CREATE FUNCTION app.pass() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN TRUNCATE app.same; END'
GRANT EXECUTE ON FUNCTION app.pass() TO PUBLIC
GRANT USAGE ON SCHEMA app TO PUBLIC
-- as: sam
SELECT app.pass()

-- attempt: the server's settings
ALTER SYSTEM SET zdm.guard_mode = 'off'
SELECT pg_reload_conf()
TRUNCATE app.same

-- attempt: triggers as on a replica
SET session_replication_role = replica
TRUNCATE app.same
CREATE INDEX ON app.users (v)

-- attempt: triggers as on a replica, granted
-- admin: GRANT SET ON PARAMETER session_replication_role TO bob
SET session_replication_role = replica
TRUNCATE app.same
CREATE INDEX ON app.users (v)
DROP TABLE app.same

-- attempt: no event triggers
-- since: 17
SET event_triggers = off
CREATE INDEX ON app.users (v)

-- attempt: no event triggers by the options of the connection
-- since: 17
-- options: -c event_triggers=off
CREATE INDEX ON app.users (v)

-- attempt: another meaning of a backslash
SET standard_conforming_strings = off
SET escape_string_warning = off
CREATE INDEX ON app.users (v) WHERE note <> 'a\''
ALTER TABLE app.users ADD CHECK (note <> 'a\' OR v > 0 --')

-- attempt: a quote hidden behind a backslash
SET standard_conforming_strings = off
COMMENT ON TABLE app.same IS 'a\'; -- '; TRUNCATE app.same
TRUNCATE /* \' */ app.same

-- attempt: as if it ran in parallel
SET debug_parallel_query = on
SET force_parallel_mode = on
CREATE FUNCTION app.pass() RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
SELECT app.pass()
SELECT app.pass() FROM app.users

-- attempt: RESET and DISCARD
RESET ALL
DISCARD ALL
TRUNCATE app.same

-- attempt: the library once more
LOAD 'pg_zdm'
TRUNCATE app.same

-- attempt: another default
SET default_tablespace = ''
SET default_table_access_method = heap
SET row_security = off
SET check_function_bodies = off
ALTER TABLE app.same ADD COLUMN z serial

-- attempt: a shorter list of what is allowed does for one thing only
-- as: del
SET ROLE bob
SET zdm.allow = 'create-index-not-concurrent:app.scratch'
CREATE INDEX ON app.scratch (id)
CREATE INDEX ON app.users (v)
TRUNCATE app.same

-- attempt: an allowance for one of two tables
-- as: del
SET zdm.allow = 'drop-table:app.hollow'
DROP TABLE app.hollow, app.same

-- attempt: an allowance for one rule of two
-- as: del
SET zdm.allow = 'drop-table:app.users'
DROP TABLE app.users CASCADE

-- attempt: an allowance that was local
-- as: del
BEGIN
SET LOCAL zdm.allow = 'truncate:app.scratch'
TRUNCATE app.scratch
ROLLBACK
TRUNCATE app.same

-- attempt: the mode by one who may allow
-- as: del
SET zdm.guard_mode = off
SELECT zdm.set_guard('off')
SELECT zdm.set_rule_policy('truncate', 'off', 'x')
TRUNCATE app.same

-- attempt: an allowance that is kept for others
-- as: del
ALTER ROLE bob SET zdm.allow = '*'
ALTER DATABASE {database} SET zdm.allow = '*'
-- as: bob
TRUNCATE app.same
