from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "clinic.tenants"
    label = "tenants"
