class IndexNote < ActiveRecord::Migration[6.1]
  def up
    execute "/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX index_users_on_note ON users (note)"
  end

  def down
    remove_index :users, :note
  end
end
