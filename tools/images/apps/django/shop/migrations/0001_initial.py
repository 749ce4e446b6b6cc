# SPDX-License-Identifier: Apache-2.0
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Item", [
            ("id", models.AutoField(primary_key=True, serialize=False)),
            ("name", models.CharField(max_length=100, unique=True)),
            ("price", models.DecimalField(max_digits=8, decimal_places=2)),
        ]),
    ]
