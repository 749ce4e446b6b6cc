# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from . import views

urlpatterns = [
    path("", views.index),
    path("items", views.items),
    path("add/<name>", views.add),
    path("admins", views.admins),
]
