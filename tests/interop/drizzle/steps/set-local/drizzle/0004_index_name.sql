SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)';
--> statement-breakpoint
CREATE INDEX "users_name_index" ON "users" USING btree ("name");
