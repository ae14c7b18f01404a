INSERT INTO "User" ("email", "name", "points") SELECT 'u' || g || '@example.org', 'name ' || g, g FROM generate_series(1, 2000) g;
INSERT INTO "Product" ("sku", "title", "price") SELECT 'sku' || g, 'product ' || g, g FROM generate_series(1, 500) g;
INSERT INTO "Order" ("id", "userId", "total") SELECT 'o' || g, 1 + g % 2000, g FROM generate_series(1, 3000) g;
INSERT INTO "_OrderToProduct" SELECT 'o' || g, 1 + g % 500 FROM generate_series(1, 3000) g;
ANALYZE;
