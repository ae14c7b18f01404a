ALTER TABLE "members" ADD COLUMN "nickname" text;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "locale" varchar(12) DEFAULT 'en' NOT NULL;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "invited_at" timestamp DEFAULT now();--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "secret" text DEFAULT md5(random()::text) NOT NULL;--> statement-breakpoint
ALTER TABLE "members" ALTER COLUMN "age" SET DATA TYPE integer;--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "name" SET DATA TYPE varchar(512);--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "name" SET DATA TYPE text;--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "settings" SET DATA TYPE jsonb USING "settings"::jsonb;--> statement-breakpoint
ALTER TABLE "members" ALTER COLUMN "last_seen" SET DEFAULT now();--> statement-breakpoint
ALTER TABLE "members" ALTER COLUMN "last_seen" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "members" ALTER COLUMN "age" SET DEFAULT 0;--> statement-breakpoint
UPDATE "members" SET "nickname" = split_part("email", '@', 1) WHERE "nickname" IS NULL;--> statement-breakpoint
ALTER TABLE "members" ALTER COLUMN "nickname" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD PRIMARY KEY ("id");--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_kind_check" CHECK ("events"."kind" <> '');--> statement-breakpoint
ALTER TABLE "members" DROP CONSTRAINT "members_email_unique";--> statement-breakpoint
CREATE UNIQUE INDEX "members_email_idx" ON "members" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX CONCURRENTLY "events_member_idx" ON "events" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "events_payload_idx" ON "events" USING gin ("payload");
