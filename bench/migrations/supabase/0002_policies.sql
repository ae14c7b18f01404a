ALTER TABLE public.ships ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "ships are seen by all" ON public.ships;
CREATE POLICY "ships are seen by all" ON public.ships FOR SELECT USING (true);
DROP POLICY IF EXISTS "ships are seen by all" ON public.ships;
CREATE POLICY "ships are seen by all" ON public.ships FOR SELECT TO web_member USING (owner = accounts.caller());

CREATE OR REPLACE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed_at := now(); RETURN NEW; END $$;
DROP TRIGGER IF EXISTS ships_stamp ON public.ships;
CREATE TRIGGER ships_stamp BEFORE UPDATE ON public.ships FOR EACH ROW EXECUTE FUNCTION public.stamp();

DO $$
DECLARE
  place text;
BEGIN
  FOREACH place IN ARRAY ARRAY['ships', 'crews', 'harbours'] LOOP
    CONTINUE WHEN to_regclass('public.' || place) IS NULL;
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON public.%I', place || '_touch', place);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON public.%I FOR EACH ROW EXECUTE FUNCTION public.stamp()', place || '_touch', place);
  END LOOP;
END $$;

DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' AND tablename = 'ships' LOOP
    EXECUTE format('DROP POLICY IF EXISTS %I ON public.%I', one.policyname, one.tablename);
  END LOOP;
END $$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_publication_tables WHERE pubname = 'live_updates' AND tablename = 'crews') THEN
    ALTER PUBLICATION live_updates ADD TABLE public.crews;
  END IF;
END $$;
DO $$ BEGIN ALTER PUBLICATION live_updates ADD TABLE public.crews; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
NOTIFY schema_cache, 'reload';
