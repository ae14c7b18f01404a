module.exports = {
  up: (queryInterface) => queryInterface.addIndex('users', ['city']),
  down: (queryInterface) => queryInterface.removeIndex('users', ['city']),
};
