-- Deploy interop:fill_country to pg

CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL');
