from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_name_index")]
    operations = [
        migrations.AddIndex("user", models.Index(fields=["country"], name="users_country_index")),
    ]
