-- Tables and what depends on them, for statements that fail because of it.
CREATE SCHEMA app; SET search_path = app;
CREATE TABLE cust (id int PRIMARY KEY, name text, n int, CONSTRAINT cust_n CHECK (n>0));
INSERT INTO cust SELECT g,'x',g FROM generate_series(1,1000) g;
CREATE INDEX cust_name_idx ON cust(name);
CREATE TABLE ord (id int PRIMARY KEY, cust_id int REFERENCES cust, r int4range, EXCLUDE USING gist (r WITH &&));
CREATE VIEW vcust AS SELECT id,name FROM cust; CREATE VIEW vv AS SELECT * FROM vcust;
CREATE TABLE part (id int, d int, t text, CONSTRAINT part_ck CHECK (d>0), PRIMARY KEY(id,d)) PARTITION BY RANGE(d);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (1) TO (10);
CREATE TABLE refpart (a int, b int, FOREIGN KEY (a,b) REFERENCES part);
CREATE TABLE base (id int, b text, CONSTRAINT base_ck CHECK (id>0)); CREATE TABLE derived (x int) INHERITS (base);
INSERT INTO part VALUES (1,1,'x'); INSERT INTO base VALUES(1,'x');
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE TRIGGER tr BEFORE INSERT ON cust FOR EACH ROW EXECUTE FUNCTION tf();
CREATE SEQUENCE sq; CREATE TABLE sqt (id int DEFAULT nextval('sq'));
CREATE MATERIALIZED VIEW mv AS SELECT id FROM cust;
CREATE TYPE en AS ENUM ('a'); CREATE TABLE ent (e en);
CREATE TABLE tt (id int, e text);
