-- Names, schemas, owners

ALTER TABLE parts RENAME CONSTRAINT parts_pkey TO parts_key

-- setup: ALTER TABLE parts ADD CONSTRAINT bounds CHECK (qty > 0)
ALTER TABLE parts RENAME CONSTRAINT bounds TO bounds_again

ALTER TABLE parts RENAME COLUMN qty TO amount

ALTER TABLE parts RENAME TO goods

ALTER INDEX parts_qty RENAME TO parts_amount

ALTER TABLE parts_qty RENAME TO parts_amount

ALTER VIEW parts_view RENAME TO parts_look

ALTER SEQUENCE numbers RENAME TO counter

ALTER TYPE mood RENAME VALUE 'ok' TO 'okay'

ALTER TYPE mood RENAME TO temper

ALTER SCHEMA attic RENAME TO loft

ALTER TABLE stock SET SCHEMA attic

ALTER TABLE parts OWNER TO shop_reader

ALTER TABLE parts RENAME COLUMN id TO number

ALTER VIEW parts_view OWNER TO shop_reader
