module.exports = {
  up: (queryInterface) => queryInterface.sequelize.transaction(async (transaction) => {
    await queryInterface.sequelize.query(
      "SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'",
      { transaction },
    );
    await queryInterface.addIndex('users', ['name'], { transaction });
  }),
  down: (queryInterface) => queryInterface.removeIndex('users', ['name']),
};
