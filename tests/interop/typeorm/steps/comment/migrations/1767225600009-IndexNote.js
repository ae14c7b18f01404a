module.exports.IndexNote1767225600009 = class IndexNote1767225600009 {
  name = 'IndexNote1767225600009';

  async up(queryRunner) {
    await queryRunner.query(
      `/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX "IDX_users_note" ON "users" ("note")`,
    );
  }

  async down(queryRunner) {
    await queryRunner.query(`DROP INDEX "IDX_users_note"`);
  }
};
