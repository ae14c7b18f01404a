class FillCountry < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!

  def up
    execute "CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')"
  end
end
