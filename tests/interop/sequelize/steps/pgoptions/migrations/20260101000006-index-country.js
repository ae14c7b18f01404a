module.exports = {
  up: (queryInterface) => queryInterface.addIndex('users', ['country']),
  down: (queryInterface) => queryInterface.removeIndex('users', ['country']),
};
