CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
SELECT pg_try_advisory_lock(4854303132156429075);
BEGIN;
CREATE TABLE "customers" ("id" bigserial primary key, "name" character varying, "email" character varying NOT NULL, "active" boolean DEFAULT TRUE, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE UNIQUE INDEX "index_customers_on_email" ON "customers" ("email");
CREATE TABLE "invoices" ("id" bigserial primary key, "customer_id" bigint NOT NULL, "amount_cents" integer DEFAULT 0 NOT NULL, "issued_on" date, "number" character varying(20), "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_0d349e632f"
FOREIGN KEY ("customer_id")
  REFERENCES "customers" ("id")
);
CREATE INDEX "index_invoices_on_customer_id" ON "invoices" ("customer_id");
CREATE TABLE "audits" ("id" bigserial primary key, "auditable_type" character varying, "auditable_id" bigint, "changes" text, "at" timestamp);
CREATE INDEX "index_audits_on_auditable" ON "audits" ("auditable_type", "auditable_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20240101000001') RETURNING "version";
COMMIT;
SELECT pg_advisory_unlock(4854303132156429075);
