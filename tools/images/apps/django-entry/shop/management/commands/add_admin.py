# SPDX-License-Identifier: Apache-2.0
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Adds an administrator who is not there yet."

    def add_arguments(self, parser):
        parser.add_argument("name")

    def handle(self, *args, **options):
        User.objects.get_or_create(username=options["name"], defaults={"is_superuser": True})
