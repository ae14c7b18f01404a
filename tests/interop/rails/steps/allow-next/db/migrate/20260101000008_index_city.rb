class IndexCity < ActiveRecord::Migration[6.1]
  def change
    add_index :users, :city
  end
end
