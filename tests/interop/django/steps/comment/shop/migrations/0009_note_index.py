from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0008_city_index")]
    operations = [
        migrations.RunSQL("/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX users_note_index ON users (note)"),
    ]
