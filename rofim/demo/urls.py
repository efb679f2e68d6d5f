"""Addresses of the demonstration; rofim/urls.py includes them only when settings.DEMO is true."""

from django.urls import path

from rofim.demo import views

app_name = "demo"
urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("messages.json", views.messages_json, name="messages_json"),
]
