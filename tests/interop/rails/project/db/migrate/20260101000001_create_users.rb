class CreateUsers < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |t|
      t.text :email
      t.text :name
      t.text :note
      t.datetime :created_at, index: true
    end
  end
end
