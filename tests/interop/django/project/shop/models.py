from django.db import models


class User(models.Model):
    email = models.TextField(null=True)
    name = models.TextField(null=True)
    note = models.TextField(null=True)
    created_at = models.DateTimeField(null=True, db_index=True)
    country = models.TextField(null=True)

    class Meta:
        db_table = "users"
