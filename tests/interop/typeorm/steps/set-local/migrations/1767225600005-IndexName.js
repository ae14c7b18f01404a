module.exports.IndexName1767225600005 = class IndexName1767225600005 {
  name = 'IndexName1767225600005';

  async up(queryRunner) {
    await queryRunner.query(`SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'`);
    await queryRunner.query(`CREATE INDEX "IDX_users_name" ON "users" ("name")`);
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP INDEX "IDX_users_name"`);
  }
};
