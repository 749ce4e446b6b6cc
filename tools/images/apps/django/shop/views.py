# SPDX-License-Identifier: Apache-2.0
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from .models import Item


def index(request):
    return HttpResponse("hello from django\n", content_type="text/plain")


def items(request):
    Item.objects.get_or_create(name="apple", defaults={"price": "1.20"})
    return JsonResponse({"items": list(Item.objects.order_by("name").values_list("name", flat=True))})


def report(request):
    """A template, a translation catalogue and a module, all loaded here for the first time."""
    import csv
    import io

    from django.utils import translation
    buffer = io.StringIO()
    csv.writer(buffer).writerow([item.price for item in Item.objects.all()])
    with translation.override("de"):
        return render(request, "report.txt", {"rows": buffer.getvalue(), "yes": translation.gettext("Yes")},
                      content_type="text/plain")


def upload(request):
    import tempfile
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("uploaded\n")
        file.seek(0)
        return HttpResponse(file.read(), content_type="text/plain")
