module.exports.AddCity1767225600003 = class AddCity1767225600003 {
  name = 'AddCity1767225600003';

  async up(queryRunner) {
    await queryRunner.query(`ALTER TABLE "users" ADD "city" text`);
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "city"`);
  }
};
