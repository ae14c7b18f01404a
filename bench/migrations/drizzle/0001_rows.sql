INSERT INTO "accounts" ("name") SELECT 'account ' || g FROM generate_series(1, 400) g;--> statement-breakpoint
INSERT INTO "members" ("account_id", "email", "age") SELECT 1 + g % 400, 'm' || g || '@example.org', g % 90 FROM generate_series(1, 3000) g;--> statement-breakpoint
INSERT INTO "events" ("member_id", "kind", "payload") SELECT m.id, 'login', '{}' FROM "members" m;--> statement-breakpoint
ANALYZE "accounts", "members", "events";
