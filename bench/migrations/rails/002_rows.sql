INSERT INTO customers (name, email, created_at, updated_at) SELECT 'c' || g, 'c' || g || '@example.org', now(), now() FROM generate_series(1, 1500) g;
INSERT INTO invoices (customer_id, amount_cents, number, created_at, updated_at) SELECT 1 + g % 1500, g, 'n' || g, now(), now() FROM generate_series(1, 4000) g;
INSERT INTO audits (auditable_type, auditable_id, changes) SELECT 'Invoice', g, '{}' FROM generate_series(1, 2000) g;
ANALYZE customers, invoices, audits;
