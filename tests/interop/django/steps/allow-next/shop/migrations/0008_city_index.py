from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0007_fill_country")]
    operations = [
        migrations.AddIndex("user", models.Index(fields=["city"], name="users_city_index")),
    ]
