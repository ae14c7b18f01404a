from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0006_country_index")]
    operations = [
        migrations.RunSQL("CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')"),
    ]
