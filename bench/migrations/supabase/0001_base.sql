-- What the platform has before the first migration.
CREATE SCHEMA IF NOT EXISTS accounts;
CREATE OR REPLACE FUNCTION accounts.caller() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.caller', true), '')::uuid $$;
DO $$ BEGIN CREATE ROLE web_visitor; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE web_member; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE PUBLICATION live_updates;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'crew_role' AND n.nspname = 'public') THEN
    CREATE TYPE crew_role AS ENUM ('captain', 'mate');
  END IF;
END $$;

CREATE TABLE IF NOT EXISTS public.ships (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  flag text,
  built integer CHECK (built > 1800),
  owner uuid,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS public.crews (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ship_id uuid NOT NULL,
  role crew_role NOT NULL DEFAULT 'mate',
  member uuid,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS public.cargo (id bigint PRIMARY KEY, ship_id uuid, weight numeric, state text CHECK (state IN ('loaded', 'landed')));
INSERT INTO public.ships (name, built) SELECT 'ship ' || n, 1900 + n FROM generate_series(1, 60) n;
INSERT INTO public.crews (ship_id) SELECT id FROM public.ships;
INSERT INTO public.cargo SELECT n, s.id, n, 'landed' FROM generate_series(1, 3) n, LATERAL (SELECT id FROM public.ships ORDER BY name LIMIT 1) s;
GRANT SELECT, INSERT, UPDATE ON public.ships, public.crews TO web_member;
