SELECT diesel_manage_updated_at('posts');
ALTER TABLE posts ADD COLUMN slug VARCHAR;
UPDATE posts SET slug = replace(title, ' ', '-');
ALTER TABLE posts ALTER COLUMN slug SET NOT NULL;
CREATE UNIQUE INDEX posts_slug ON posts (slug);
ALTER TABLE posts ADD COLUMN editor INTEGER REFERENCES readers (id);
ALTER TABLE posts ADD COLUMN backup email;
ALTER TABLE posts ADD COLUMN views BIGINT NOT NULL DEFAULT 0 CHECK (views >= 0);
ALTER TABLE comments ALTER COLUMN author TYPE VARCHAR(128);
ALTER TABLE comments ALTER COLUMN author TYPE VARCHAR(32) USING left(author, 32);
ALTER TABLE comments ADD CONSTRAINT comments_content_length CHECK (length(content) < 10000) NOT VALID;
ALTER TABLE comments VALIDATE CONSTRAINT comments_content_length;
ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey, ADD CONSTRAINT comments_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE;
ALTER TABLE readers ALTER COLUMN mail TYPE TEXT;
ALTER TABLE readers ALTER COLUMN visits TYPE BIGINT, ALTER COLUMN visits SET DEFAULT 0, ALTER COLUMN visits SET NOT NULL;
ALTER DOMAIN email ADD CONSTRAINT short CHECK (length(VALUE) < 300);
ALTER DOMAIN email DROP CONSTRAINT short;
CREATE STATISTICS reader_stats ON mail, visits FROM readers;
ALTER TABLE readers ALTER COLUMN mail SET STATISTICS 500;
ALTER TABLE readers ALTER COLUMN mail SET STORAGE EXTERNAL;
ALTER TABLE readers REPLICA IDENTITY FULL;
ALTER TABLE readers ENABLE ROW LEVEL SECURITY;
CREATE RULE no_deletes AS ON DELETE TO readers DO INSTEAD NOTHING;
LOCK TABLE readers IN SHARE MODE;
DROP RULE no_deletes ON readers;
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN
    CREATE TYPE mood AS ENUM ('sad', 'happy');
  END IF;
END
$$;
ALTER TABLE readers ADD COLUMN mood mood NOT NULL DEFAULT 'happy';
