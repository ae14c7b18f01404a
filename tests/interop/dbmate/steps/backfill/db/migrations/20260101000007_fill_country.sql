-- migrate:up transaction:false
CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL');

-- migrate:down transaction:false
