-- This file should undo anything in `up.sql`
ALTER TABLE readers DROP COLUMN mood;
DROP TYPE mood;
DROP STATISTICS reader_stats;
ALTER TABLE posts DROP COLUMN views, DROP COLUMN backup, DROP COLUMN editor, DROP COLUMN slug;
DROP TRIGGER set_updated_at ON posts;
ALTER TABLE comments DROP CONSTRAINT comments_content_length;
REINDEX TABLE comments;
REINDEX INDEX posts_pkey;
DROP TABLE comments;
DROP TABLE posts;
DROP TABLE readers;
DROP DOMAIN email;
DROP FUNCTION IF EXISTS diesel_manage_updated_at(_tbl regclass);
DROP FUNCTION IF EXISTS diesel_set_updated_at();
