module.exports = {
  up: (queryInterface) => queryInterface.sequelize.query(
    "CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')",
  ),
  down: async () => {},
};
