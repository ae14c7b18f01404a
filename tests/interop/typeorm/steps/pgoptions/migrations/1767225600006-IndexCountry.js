module.exports.IndexCountry1767225600006 = class IndexCountry1767225600006 {
  name = 'IndexCountry1767225600006';

  async up(queryRunner) {
    await queryRunner.query(`CREATE INDEX "IDX_users_country" ON "users" ("country")`);
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP INDEX "IDX_users_country"`);
  }
};
