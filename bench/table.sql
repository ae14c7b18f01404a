-- The table of the measurements: a primary key in physical order, two indexes on random columns, no room left on its pages.
CREATE TABLE t (
    id     bigint PRIMARY KEY,
    a      text,
    b      integer NOT NULL,
    c      timestamptz,
    d      text,
    newcol bigint
);
INSERT INTO t
SELECT i, md5(i::text), (random() * 1e9)::integer, '2026-01-01'::timestamptz + random() * interval '300 days', repeat('x', 40)
  FROM generate_series(1, :rows) i;
CREATE INDEX t_b ON t (b);
CREATE INDEX t_c ON t (c);
VACUUM (FREEZE, ANALYZE) t;

-- What one writes by hand: a loop over the primary key that commits after each batch.
CREATE PROCEDURE key_loop(batch integer) LANGUAGE plpgsql AS $$
DECLARE
    last  bigint := 0;
    bound bigint;
BEGIN
    LOOP
        SELECT max(id) INTO bound FROM (SELECT id FROM t WHERE id > last ORDER BY id LIMIT batch) b;
        EXIT WHEN bound IS NULL;
        UPDATE t SET newcol = b WHERE id > last AND id <= bound AND newcol IS NULL;
        COMMIT;
        last := bound;
    END LOOP;
END
$$;
