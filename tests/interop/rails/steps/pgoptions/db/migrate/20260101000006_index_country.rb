class IndexCountry < ActiveRecord::Migration[6.1]
  def change
    add_index :users, :country
  end
end
