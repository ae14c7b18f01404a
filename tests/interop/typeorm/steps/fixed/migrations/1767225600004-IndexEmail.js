module.exports.IndexEmail1767225600004 = class IndexEmail1767225600004 {
  name = 'IndexEmail1767225600004';
  transaction = false;

  async up(queryRunner) {
    await queryRunner.query(`CREATE INDEX CONCURRENTLY "IDX_users_email" ON "users" ("email")`);
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP INDEX CONCURRENTLY "IDX_users_email"`);
  }
};
