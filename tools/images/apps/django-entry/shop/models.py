# SPDX-License-Identifier: Apache-2.0
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=100, unique=True)
