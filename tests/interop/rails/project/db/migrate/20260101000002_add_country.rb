class AddCountry < ActiveRecord::Migration[6.1]
  def change
    add_column :users, :country, :text
  end
end
