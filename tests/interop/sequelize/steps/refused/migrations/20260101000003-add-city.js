module.exports = {
  up: (queryInterface, Sequelize) => queryInterface.addColumn('users', 'city', Sequelize.TEXT),
  down: (queryInterface) => queryInterface.removeColumn('users', 'city'),
};
