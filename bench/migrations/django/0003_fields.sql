BEGIN;
--
-- Add field language to book
--
ALTER TABLE "library_book" ADD COLUMN "language" varchar(8) DEFAULT 'en' NOT NULL;
ALTER TABLE "library_book" ALTER COLUMN "language" DROP DEFAULT;
--
-- Add field rating to book
--
ALTER TABLE "library_book" ADD COLUMN "rating" integer NULL CHECK ("rating" >= 0);
--
-- Add field editor to book
--
ALTER TABLE "library_book" ADD COLUMN "editor_id" bigint NULL CONSTRAINT "library_book_editor_id_fk" REFERENCES "library_author"("id") DEFERRABLE INITIALLY DEFERRED; SET CONSTRAINTS "library_book_editor_id_fk" IMMEDIATE;
CREATE INDEX "library_book_editor_id_7788" ON "library_book" ("editor_id");
--
-- Alter field title on book
--
ALTER TABLE "library_book" ALTER COLUMN "title" TYPE varchar(300);
--
-- Alter field price on book
--
ALTER TABLE "library_book" ALTER COLUMN "price" TYPE numeric(8, 2);
--
-- Alter field pages on book
--
ALTER TABLE "library_book" ALTER COLUMN "pages" TYPE integer;
--
-- Alter field name on author
--
ALTER TABLE "library_author" ALTER COLUMN "name" TYPE text USING "name"::text;
--
-- Alter field born on author
--
UPDATE "library_author" SET "born" = '1970-01-01' WHERE "born" IS NULL; SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE "library_author" ALTER COLUMN "born" SET NOT NULL;
ALTER TABLE "library_author" ALTER COLUMN "born" DROP NOT NULL;
--
-- Alter field id on tag
--
ALTER TABLE "library_tag" ALTER COLUMN "id" TYPE bigint USING "id"::bigint;
ALTER TABLE "library_book_tags" ALTER COLUMN "tag_id" TYPE bigint;
COMMIT;
