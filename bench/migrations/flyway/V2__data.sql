SET search_path TO shop, public;
INSERT INTO category SELECT g, 'category ' || g FROM generate_series(1, 20) g;
INSERT INTO item (category_id, name, price, weight) SELECT 1 + g % 20, 'item ' || g, g % 1000, g FROM generate_series(1, 2000) g;
INSERT INTO purchase (item_id, bought_on) SELECT 1 + g % 2000, date '2024-01-01' + g % 300 FROM generate_series(1, 4000) g;
INSERT INTO log SELECT timestamp '2024-01-01' + g * interval '1 hour', g % 5, 'message ' || g FROM generate_series(1, 3000) g;
INSERT INTO log SELECT timestamp '2026-01-01' + g * interval '1 hour', g % 5, 'message ' || g FROM generate_series(1, 300) g;
ANALYZE;
