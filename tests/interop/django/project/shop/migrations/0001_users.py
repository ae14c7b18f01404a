from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", models.TextField(null=True)),
                ("name", models.TextField(null=True)),
                ("note", models.TextField(null=True)),
                ("created_at", models.DateTimeField(null=True, db_index=True)),
            ],
            options={"db_table": "users"},
        ),
    ]
