DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'crews_of_ships') THEN
    DELETE FROM public.crews WHERE ship_id NOT IN (SELECT id FROM public.ships);
    ALTER TABLE public.crews ADD CONSTRAINT crews_of_ships FOREIGN KEY (ship_id) REFERENCES public.ships (id) ON DELETE CASCADE;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'cargo_of_ships') THEN
    ALTER TABLE public.cargo ADD CONSTRAINT cargo_of_ships FOREIGN KEY (ship_id) REFERENCES public.ships (id);
  END IF;
END $$;
DO $$ BEGIN ALTER TABLE public.crews ADD CONSTRAINT crews_of_ships FOREIGN KEY (ship_id) REFERENCES public.ships (id); EXCEPTION WHEN duplicate_object THEN NULL; END $$;

DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'ships' AND column_name = 'built' AND data_type = 'integer') THEN
    ALTER TABLE public.ships ALTER COLUMN built TYPE bigint;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'ships' AND column_name = 'length_m') THEN
    ALTER TABLE public.ships ADD COLUMN length_m numeric;
  END IF;
END $$;

DO $$
DECLARE
  held text;
BEGIN
  SELECT conname INTO held FROM pg_constraint
   WHERE conrelid = 'public.cargo'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%state%';
  IF held IS NOT NULL THEN
    EXECUTE format('ALTER TABLE public.cargo DROP CONSTRAINT %I', held);
  END IF;
END $$;
ALTER TABLE public.cargo ADD CONSTRAINT cargo_state CHECK (state IN ('loaded', 'landed', 'lost'));

DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.cargo WHERE weight < 0) THEN
    RAISE EXCEPTION 'some cargo weighs less than nothing';
  END IF;
  ALTER TABLE public.cargo ALTER COLUMN weight SET NOT NULL;
END $$;

CREATE OR REPLACE VIEW public.heavy AS SELECT ship_id, sum(weight) AS weight FROM public.cargo GROUP BY ship_id;
CREATE POLICY crew_of_heavy ON public.crews USING (EXISTS (SELECT FROM public.heavy h WHERE h.ship_id = crews.ship_id));
DROP VIEW IF EXISTS public.heavy CASCADE;
DROP FUNCTION IF EXISTS public.never_made() CASCADE;
DROP FUNCTION IF EXISTS public.stamp() CASCADE;
DROP TYPE IF EXISTS crew_role CASCADE;
