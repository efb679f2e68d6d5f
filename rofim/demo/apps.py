from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "rofim.demo"
    label = "demo"
