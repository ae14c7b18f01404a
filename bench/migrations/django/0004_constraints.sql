BEGIN;
--
-- Create constraint price_positive on model book
--
ALTER TABLE "library_book" ADD CONSTRAINT "price_positive" CHECK ("price" >= 0);
--
-- Create constraint unique_title on model book
--
ALTER TABLE "library_book" ADD CONSTRAINT "unique_title" UNIQUE ("title", "author_id");
--
-- Create constraint one_live_title on model book
--
CREATE UNIQUE INDEX "one_live_title" ON "library_book" ("title", "language") WHERE "published";
--
-- Alter unique_together for booktags (0 constraint(s))
--
ALTER TABLE "library_book_tags" DROP CONSTRAINT "library_book_tags_book_id_tag_id_uniq";
--
-- Rename field isbn on book to code
--
ALTER TABLE "library_book" RENAME COLUMN "isbn" TO "code";
--
-- Rename model Tag to Label
--
ALTER TABLE "library_tag" RENAME TO "library_label";
--
-- Rename index
--
ALTER INDEX "library_book_author_id_e5f6" RENAME TO "library_book_by_author";
--
-- Remove index
--
DROP INDEX IF EXISTS "library_author_email_a1b2_like";
--
-- Remove constraint price_positive from model book
--
ALTER TABLE "library_book" DROP CONSTRAINT "price_positive";
--
-- Remove field editor from book
--
SET CONSTRAINTS "library_book_editor_id_fk" IMMEDIATE; ALTER TABLE "library_book" DROP CONSTRAINT "library_book_editor_id_fk";
ALTER TABLE "library_book" DROP COLUMN "editor_id" CASCADE;
COMMIT;
CREATE INDEX CONCURRENTLY "library_book_published_99aa" ON "library_book" ("published");
DROP INDEX CONCURRENTLY IF EXISTS "library_book_published_99aa";
BEGIN;
ALTER TABLE "library_book" ADD COLUMN "uuid" uuid DEFAULT gen_random_uuid() NOT NULL;
ALTER TABLE "library_book" ADD CONSTRAINT "pages_sane" CHECK ("pages" < 20000) NOT VALID;
COMMIT;
ALTER TABLE "library_book" VALIDATE CONSTRAINT "pages_sane";
COMMENT ON TABLE "library_book" IS 'what can be borrowed';
COMMENT ON COLUMN "library_book"."code" IS 'ISBN';
DROP TABLE "library_book_tags" CASCADE;
DROP TABLE "library_label" CASCADE;
