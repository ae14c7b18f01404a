-- the migration that all reports of this folder are about
ALTER TABLE users
    ADD COLUMN note text, -- 3,4
    ALTER COLUMN age SET NOT NULL;
CREATE INDEX "users|age" ON users (age);

DROP TABLE "no_such_`table`";	ALTER TABLE users ADD COLUMN a int;
SELECT 'ü', 1;
