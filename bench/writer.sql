\set id random(1, :rows)
UPDATE t SET d = md5(:id::text) WHERE id = :id;
