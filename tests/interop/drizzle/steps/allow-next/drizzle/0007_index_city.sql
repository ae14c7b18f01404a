CREATE INDEX "users_city_index" ON "users" USING btree ("city");
