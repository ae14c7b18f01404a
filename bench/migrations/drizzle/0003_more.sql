ALTER TYPE "public"."plan" ADD VALUE 'trial' BEFORE 'free';--> statement-breakpoint
CREATE TABLE "sessions" (
	"token" text PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "own sessions" ON "sessions" AS PERMISSIVE FOR ALL TO public USING (true);--> statement-breakpoint
ALTER TABLE "events" DROP CONSTRAINT "events_member_id_members_id_fk";
--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts" RENAME COLUMN "settings" TO "preferences";--> statement-breakpoint
ALTER TABLE "events" RENAME TO "activities";--> statement-breakpoint
ALTER TABLE "activities" DROP CONSTRAINT "events_kind_check";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "slug" text GENERATED ALWAYS AS (lower("name")) STORED;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_slug_unique" UNIQUE("slug");--> statement-breakpoint
CREATE MATERIALIZED VIEW "public"."account_sizes" AS (select "account_id", count(*) as "members" from "members" group by "account_id");--> statement-breakpoint
CREATE VIEW "public"."active_members" AS (select "id", "email" from "members" where "last_seen" is not null);--> statement-breakpoint
REFRESH MATERIALIZED VIEW "public"."account_sizes";--> statement-breakpoint
DROP VIEW "public"."active_members";--> statement-breakpoint
ALTER TABLE "members" DROP COLUMN "invited_at";--> statement-breakpoint
ALTER TABLE "members" DROP COLUMN IF EXISTS "invited_at";--> statement-breakpoint
ALTER TABLE "sessions" DISABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP POLICY "own sessions" ON "sessions" CASCADE;--> statement-breakpoint
DROP TABLE "sessions" CASCADE;
