CREATE TABLE "users" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"email" text,
	"name" text,
	"note" text,
	"created_at" timestamp
);
--> statement-breakpoint
CREATE INDEX "users_created_at_index" ON "users" USING btree ("created_at");
