from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0003_city")]
    operations = [
        AddIndexConcurrently("user", models.Index(fields=["email"], name="users_email_index")),
    ]
