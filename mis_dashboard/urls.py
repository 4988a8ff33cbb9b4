"""Every address of the product."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from .signin import SignIn

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="performance")),
    path("", include("metrics.urls")),
    path("", include("issues.urls")),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
