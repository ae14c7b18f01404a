from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_city")]
    operations = [
        migrations.AddIndex("user", models.Index(fields=["email"], name="users_email_index")),
    ]
