from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0004_email_index")]
    operations = [
        migrations.RunSQL("SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'"),
        migrations.AddIndex("user", models.Index(fields=["name"], name="users_name_index")),
    ]
