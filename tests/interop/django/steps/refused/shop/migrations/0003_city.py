from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_country")]
    operations = [
        migrations.AddField("user", "city", models.TextField(null=True)),
    ]
