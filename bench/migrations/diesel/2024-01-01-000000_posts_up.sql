-- Your SQL goes here
CREATE TABLE posts (
  id SERIAL PRIMARY KEY,
  title VARCHAR NOT NULL,
  body TEXT NOT NULL,
  published BOOLEAN NOT NULL DEFAULT FALSE,
  updated_at TIMESTAMP NOT NULL DEFAULT NOW()
);
CREATE TABLE comments (
  id BIGSERIAL PRIMARY KEY,
  post_id INTEGER NOT NULL REFERENCES posts (id),
  author VARCHAR(64),
  content TEXT NOT NULL
);
CREATE DOMAIN email AS TEXT CHECK (VALUE LIKE '%@%');
CREATE TABLE readers (
  id SERIAL PRIMARY KEY,
  mail email,
  visits INTEGER
);
INSERT INTO posts (title, body) SELECT 'post ' || g, 'body ' || g FROM generate_series(1, 1000) g;
INSERT INTO comments (post_id, author, content) SELECT 1 + g % 1000, 'a' || g, 'c' || g FROM generate_series(1, 4000) g;
INSERT INTO readers (mail, visits) SELECT 'r' || g || '@example.org', g FROM generate_series(1, 800) g;
ANALYZE posts;
ANALYZE comments;
ANALYZE readers;
