"""Django's administration, with our site in the place of its own. Apart from `site`, which needs the apps to be there."""

from django.contrib.admin.apps import AdminConfig


class Config(AdminConfig):
    default_site = "mis_dashboard.site.Site"
