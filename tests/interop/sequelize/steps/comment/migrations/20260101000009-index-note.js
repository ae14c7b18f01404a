module.exports = {
  up: (queryInterface) => queryInterface.sequelize.query(
    '/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX users_note ON users (note)',
  ),
  down: (queryInterface) => queryInterface.removeIndex('users', ['note']),
};
