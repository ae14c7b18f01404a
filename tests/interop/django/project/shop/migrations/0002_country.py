from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_users")]
    operations = [
        migrations.AddField("user", "country", models.TextField(null=True)),
    ]
