-- The means to measure inside one session. A time is that of one call from PL/pgSQL, by the wall clock: the call, parsing, catalogs, rows.
CREATE TABLE bench.time (n integer NOT NULL, microseconds double precision NOT NULL);
CREATE TABLE bench.memory (calls bigint NOT NULL, contexts bigint NOT NULL, resident bigint, seconds double precision);

-- Notes what the session uses: the bytes in all memory contexts, and what the system counts as its own (not the shared buffers).
CREATE PROCEDURE bench.note_memory(calls bigint, since timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  resident bigint;
BEGIN
  BEGIN
    resident := substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s*(\d+) kB')::bigint * 1024;
  EXCEPTION WHEN undefined_file THEN NULL;  -- not Linux
  END;
  INSERT INTO bench.memory SELECT calls, sum(used_bytes), resident, extract(epoch FROM clock_timestamp() - since) FROM pg_backend_memory_contexts;
END $$;

-- Each statement `passes` times, in order, after a pass that is not counted.
CREATE PROCEDURE bench.measure(passes integer) LANGUAGE plpgsql AS $$
DECLARE
  texts text[] := ARRAY(SELECT sql FROM bench.statement ORDER BY n);
  times double precision[] := array_fill(0::double precision, ARRAY[cardinality(texts)]);
  began timestamptz;
BEGIN
  FOR pass IN 0..passes LOOP
    FOR i IN 1..cardinality(texts) LOOP
      began := clock_timestamp();
      PERFORM FROM zdm.check_ddl(texts[i]);
      times[i] := extract(epoch FROM clock_timestamp() - began) * 1e6;
    END LOOP;
    IF pass > 0 THEN
      INSERT INTO bench.time (n, microseconds) SELECT i, times[i] FROM generate_series(1, cardinality(texts)) i;
    END IF;
    COMMIT;
  END LOOP;
END $$;

-- So many checks, a transaction for each pass over the statements.
CREATE PROCEDURE bench.repeat(calls bigint) LANGUAGE plpgsql AS $$
DECLARE
  texts text[] := ARRAY(SELECT sql FROM bench.statement ORDER BY n);
  began timestamptz := clock_timestamp();
BEGIN
  CALL bench.note_memory(0, began);
  FOR done IN 1..calls LOOP
    PERFORM FROM zdm.check_ddl(texts[1 + done % cardinality(texts)]);
    IF done % cardinality(texts) = 0 OR done = calls THEN
      COMMIT;
      IF done IN (10000, 100000, calls) OR done % 250000 = 0 THEN
        CALL bench.note_memory(done, began);
      END IF;
    END IF;
  END LOOP;
END $$;
