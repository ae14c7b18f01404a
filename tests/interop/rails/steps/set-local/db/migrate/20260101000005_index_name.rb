class IndexName < ActiveRecord::Migration[6.1]
  def up
    execute "SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'"
    add_index :users, :name
  end

  def down
    remove_index :users, :name
  end
end
