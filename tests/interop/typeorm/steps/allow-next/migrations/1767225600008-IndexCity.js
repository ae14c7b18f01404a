module.exports.IndexCity1767225600008 = class IndexCity1767225600008 {
  name = 'IndexCity1767225600008';

  async up(queryRunner) {
    await queryRunner.query(`CREATE INDEX "IDX_users_city" ON "users" ("city")`);
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP INDEX "IDX_users_city"`);
  }
};
