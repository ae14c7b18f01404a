INSERT INTO owner (email, active) SELECT 'o' || g || '@example.org', true FROM generate_series(1, 500) g;
INSERT INTO device (serial_number, owner_id, firmware, price, installed_at) SELECT 's' || g, 1 + g % 500, '1.' || g % 9, g, now() FROM generate_series(1, 1000) g;
INSERT INTO reading (device_id, value, raw) SELECT 1 + g % 1000, g, '{}' FROM generate_series(1, 5000) g;
ANALYZE owner, device, reading;
