# SPDX-License-Identifier: Apache-2.0
from django.db import migrations, models


def first_items(apps, _):
    apps.get_model("shop", "Item").objects.create(name="apple")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Item", [
            ("id", models.AutoField(primary_key=True, serialize=False)),
            ("name", models.CharField(max_length=100, unique=True)),
        ]),
        migrations.RunPython(first_items, migrations.RunPython.noop),
    ]
