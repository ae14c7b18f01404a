module.exports.AddCountry1767225600002 = class AddCountry1767225600002 {
  name = 'AddCountry1767225600002';

  async up(queryRunner) {
    await queryRunner.query(`ALTER TABLE "users" ADD "country" text`);
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "country"`);
  }
};
