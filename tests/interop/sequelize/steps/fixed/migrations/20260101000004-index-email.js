module.exports = {
  up: (queryInterface) => queryInterface.addIndex('users', ['email'], { concurrently: true }),
  down: (queryInterface) => queryInterface.removeIndex('users', ['email'], { concurrently: true }),
};
