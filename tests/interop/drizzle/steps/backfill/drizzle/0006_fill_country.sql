CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL');
