# SPDX-License-Identifier: Apache-2.0
from django.contrib.auth.models import User
from django.http import HttpResponse

from .models import Item


def index(request):
    return HttpResponse("hello from django behind gunicorn\n", content_type="text/plain")


def items(request):
    return HttpResponse("".join(f"{item.name}\n" for item in Item.objects.order_by("name")), content_type="text/plain")


def add(request, name):
    Item.objects.get_or_create(name=name)
    return items(request)


def admins(request):
    return HttpResponse("".join(f"{user.username}\n" for user in User.objects.order_by("username")), content_type="text/plain")
