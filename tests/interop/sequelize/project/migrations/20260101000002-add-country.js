module.exports = {
  up: (queryInterface, Sequelize) => queryInterface.addColumn('users', 'country', Sequelize.TEXT),
  down: (queryInterface) => queryInterface.removeColumn('users', 'country'),
};
