module.exports.FillCountry1767225600007 = class FillCountry1767225600007 {
  name = 'FillCountry1767225600007';
  transaction = false;

  async up(queryRunner) {
    await queryRunner.query(`CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')`);
  }

  async down() {}
};
