module.exports = {
  async up(queryInterface, Sequelize) {
    await queryInterface.sequelize.transaction(async (transaction) => {
      await queryInterface.createTable('users', {
        id: { type: Sequelize.BIGINT, primaryKey: true, autoIncrement: true },
        email: Sequelize.TEXT,
        name: Sequelize.TEXT,
        note: Sequelize.TEXT,
        created_at: Sequelize.DATE,
      }, { transaction });
      await queryInterface.addIndex('users', ['created_at'], { transaction });
    });
  },
  down: (queryInterface) => queryInterface.dropTable('users'),
};
