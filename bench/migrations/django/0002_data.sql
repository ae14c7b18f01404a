INSERT INTO "library_author" ("name", "email") SELECT 'author ' || g, 'a' || g || '@example.org' FROM generate_series(1, 300) g;
INSERT INTO "library_book" ("title", "isbn", "price", "pages", "published", "author_id") SELECT 'book ' || g, g::text, g % 100, g % 900, true, 1 + g % 300 FROM generate_series(1, 3000) g;
INSERT INTO "library_tag" ("slug") SELECT 'tag-' || g FROM generate_series(1, 60) g;
INSERT INTO "library_book_tags" ("book_id", "tag_id") SELECT g, 1 + g % 60 FROM generate_series(1, 3000) g;
ANALYZE "library_author";
ANALYZE "library_book";
ANALYZE "library_tag";
ANALYZE "library_book_tags";
