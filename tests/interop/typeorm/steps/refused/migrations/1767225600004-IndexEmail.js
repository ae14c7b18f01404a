module.exports.IndexEmail1767225600004 = class IndexEmail1767225600004 {
  name = 'IndexEmail1767225600004';

  async up(queryRunner) {
    await queryRunner.query(`CREATE INDEX "IDX_users_email" ON "users" ("email")`);
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP INDEX "IDX_users_email"`);
  }
};
