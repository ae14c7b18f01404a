CREATE INDEX IF NOT EXISTS "users_email_index" ON "users" USING btree ("email");
