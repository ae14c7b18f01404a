-- Policies: another risk for a rule, or silence.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_zdm;
RESET client_min_messages;
SELECT zdm.set_guard('off');
CREATE SCHEMA rule_policy;
SET search_path = rule_policy;
SET lock_timeout = '2s';
CREATE TABLE users (id bigint, email text);
CREATE TABLE orders (id bigint, note text);
INSERT INTO users SELECT g, g FROM generate_series(1, 100) g;
INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g;
\pset format unaligned
SELECT zdm.set_rule_policy('create-index-not-concurrent', 'off', 'OPS-7: written at night only', 'users');
SELECT zdm.set_rule_policy('drop-table', 'caution', 'nobody reads them');
SELECT zdm.set_rule_policy('drop-table', 'danger', 'but this one', relation => 'users');
SELECT zdm.set_rule_policy('strong-lock', 'danger', 'no locks before the sale', 'orders');
SELECT zdm.set_rule_policy('dynamic-sql', 'danger', 'no surprises');
SELECT rule, relation, risk, reason, set_by = session_user AS by_me, set_at > now() - interval '1 hour' AS now FROM zdm.rule_policy ORDER BY 1, 2;
SELECT line, object, risk, rule, detail FROM zdm.check_ddl('CREATE INDEX ON users (email);
CREATE INDEX ON orders (note);
DROP TABLE orders;
DROP TABLE users;
ALTER TABLE users ADD COLUMN a int;
ALTER TABLE orders ADD COLUMN a int;
DO $$BEGIN EXECUTE text; END$$');
-- said again, it is replaced
SELECT zdm.set_rule_policy('drop-table', 'unknown', 'ask first');
SELECT rule, relation, risk, reason FROM zdm.rule_policy WHERE rule = 'drop-table' ORDER BY relation;
-- the guard obeys
SELECT zdm.set_guard('enforce');
CREATE INDEX ON users (email);
CREATE INDEX ON orders (note);
ALTER TABLE orders ADD COLUMN a int;
ALTER TABLE users ADD COLUMN a int;
DROP TABLE users;
DROP TABLE orders;
SELECT zdm.set_guard('off');
-- off again
SELECT zdm.reset_rule_policy('drop-table'), zdm.reset_rule_policy('drop-table'), zdm.reset_rule_policy('drop-table', 'users');
SELECT risk, rule FROM zdm.check_ddl('DROP TABLE users');
-- what cannot be judged is never less than unknown
SELECT zdm.set_rule_policy('dynamic-sql', 'off', 'x');
SELECT zdm.set_rule_policy('not-analyzable', 'caution', 'x');
SELECT zdm.set_rule_policy('dynamic-sql', 'unknown', 'as it is');
SELECT risk, rule FROM zdm.check_ddl('DO $$BEGIN EXECUTE text; END$$');
UPDATE zdm.rule_policy SET risk = 'off' WHERE rule = 'dynamic-sql';
SELECT risk, rule FROM zdm.check_ddl('DO $$BEGIN EXECUTE text; END$$');
-- wrong calls
SELECT zdm.set_rule_policy('no-such-rule', 'off', 'x');
SELECT zdm.reset_rule_policy('no-such-rule');
SELECT zdm.set_rule_policy('drop-table', 'error', 'x');
SELECT zdm.set_rule_policy('drop-table', 'off', ' ');
SELECT zdm.set_rule_policy('drop-table', 'off', NULL);
SELECT zdm.set_rule_policy(NULL, 'off', 'x');
SELECT zdm.set_rule_policy('drop-table', 'off', 'x', 'no_such_table');
SELECT zdm.set_rule_policy('drop-table', 'off', 'x', 4711::regclass);
-- a table that is gone takes nothing with it, and a policy of a rule that is gone can be reset
INSERT INTO zdm.rule_policy VALUES ('old-rule', NULL, 'off', 'x', 'me', now());
SELECT risk, rule FROM zdm.check_ddl('DROP TABLE users');
SELECT zdm.reset_rule_policy('old-rule');
DELETE FROM zdm.rule_policy;
DROP SCHEMA rule_policy CASCADE;
