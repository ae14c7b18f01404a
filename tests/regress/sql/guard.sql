-- What the guard says in each mode, and how it is told to let pass.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_zdm;
RESET client_min_messages;
SELECT zdm.set_guard('off');
CREATE SCHEMA guard;
SET search_path = guard;
CREATE TABLE users (id bigint PRIMARY KEY, email text);
INSERT INTO users SELECT g, g FROM generate_series(1, 100) g;
CREATE TABLE nobody (id bigint);
CREATE INDEX ON users (email);
ANALYZE users;

SELECT zdm.set_guard('enforce');
SELECT mode, changed_by = session_user AS by_me FROM zdm.guard_state;
CREATE INDEX ON users (email);
ALTER TABLE users ADD CHECK (email <> ''), ADD COLUMN born uuid DEFAULT gen_random_uuid();
DROP SCHEMA guard CASCADE;
\set VERBOSITY sqlstate
CREATE INDEX ON users (email);
\set VERBOSITY default

-- in a DO block it is judged by its own text
DO 'BEGIN CREATE INDEX in_block ON guard.users (email); END';

-- what is no danger passes in silence
CREATE INDEX CONCURRENTLY safely ON users (email);
ALTER TABLE users ADD COLUMN age int;
CREATE INDEX ON nobody (id);
BEGIN; CREATE TABLE fresh AS SELECT * FROM users; CREATE INDEX ON fresh (email); ROLLBACK;

-- allowed explicitly
SET zdm.allow = 'create-index';
SET zdm.allow = '(no item)';
SET zdm.allow = 'create-index-not-concurrent:users';
BEGIN;
SET LOCAL zdm.allow = 'create-index-not-concurrent:guard.users, drop-table:guard.nobody (OPS-1: built at night)';
SHOW zdm.allow;
CREATE INDEX allowed ON users (email);
DROP TABLE nobody;
ALTER TABLE users ALTER COLUMN email TYPE varchar(20);
ROLLBACK;
SHOW zdm.allow;
SET zdm.allow = '*';
CREATE INDEX allowed ON users (email);
RESET zdm.allow;

-- allowed once
VACUUM FULL users;
SELECT zdm.allow_next('vacuum-full-or-cluster', 'guard.users', reason => 'OPS-2') > 0 AS given;
SELECT state, rule, object, role = current_user::regrole AS for_me, reason, expires_at - created_at AS valid_for FROM zdm.allowance;
VACUUM FULL users;
SELECT count(*) FROM zdm.allowance;
SELECT zdm.allow_next('vacuum-full', 'guard.users');
SELECT zdm.allow_next('truncate', 'users');
SELECT zdm.allow_next('truncate', valid_for => '2 days');
SELECT zdm.allow_next('*');
SELECT zdm.withdraw_allowance(NULL);

-- allowed by a comment
/* zdm:allow create-index-not-concurrent OPS-3 */ CREATE INDEX allowed_here ON users (email);
SET zdm.comment_allow = on;
/* zdm:allow drop-table OPS-3 */ CREATE INDEX allowed_here ON users (email);
/* zdm:allow create-index-not-concurrent OPS-3 */ CREATE INDEX allowed_here ON users (email);
/* zdm:allow drop-table OPS-3 */ DROP INDEX CONCURRENTLY allowed_here;
RESET zdm.comment_allow;

-- with a reason
SET zdm.require_reason = on;
BEGIN;
SET LOCAL zdm.allow = 'truncate';
TRUNCATE users;
ROLLBACK;
SELECT zdm.allow_next('truncate');
SELECT zdm.guard_exempt(current_user::regrole);
RESET zdm.require_reason;

-- a role that is exempt
SELECT zdm.guard_exempt(current_user::regrole, reason => 'OPS-4');
BEGIN; TRUNCATE users; ROLLBACK;
SELECT zdm.guard_exempt(current_user::regrole, false);

-- warn
SELECT zdm.set_guard('warn');
CREATE INDEX warned ON users (email);
-- the session's own mode
SET zdm.guard_mode = enforce;
CREATE INDEX refused ON users (email);
SET zdm.guard_mode = off;
CREATE INDEX silent ON users (email);
RESET zdm.guard_mode;

-- wrong calls
SELECT zdm.set_guard('on');
SELECT zdm.set_guard(NULL);
SET zdm.guard_mode = on;
SELECT zdm.guard_ddl();

SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'users'::regclass ORDER BY indexrelid::regclass::text;
SELECT zdm.set_guard('off');
DROP SCHEMA guard CASCADE;
