module.exports = {
  up: (queryInterface) => queryInterface.addIndex('users', ['email']),
  down: (queryInterface) => queryInterface.removeIndex('users', ['email']),
};
