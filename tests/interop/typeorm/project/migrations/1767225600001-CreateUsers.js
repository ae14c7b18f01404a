module.exports.CreateUsers1767225600001 = class CreateUsers1767225600001 {
  name = 'CreateUsers1767225600001';

  async up(queryRunner) {
    await queryRunner.query(
      `CREATE TABLE "users" ("id" BIGSERIAL NOT NULL, "email" text, "name" text, "note" text, "created_at" TIMESTAMP, CONSTRAINT "PK_users" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE INDEX "IDX_users_created_at" ON "users" ("created_at")`);
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP TABLE "users"`);
  }
};
