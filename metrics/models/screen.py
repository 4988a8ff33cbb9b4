"""The walls: which screens may show the figures without a login, and which ask to. No personal data of customers."""

import hashlib
from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7


class Language(models.TextChoices):
    PORTUGUESE = "pt-br", _("Portuguese")
    ENGLISH = "en", _("English")


class Theme(models.TextChoices):
    DARK = "dark", _("dark")
    LIGHT = "light", _("light")


def digest_of(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so a slow hash adds nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


class WallScreen(models.Model):
    """A screen on a wall. Whoever holds its secret sees it, without a login, until it is revoked; kept is its SHA-256.

    The secret is made by the pairing page, or stands in a link; a new one takes the place of the old one.
    `edition` and `size` are what the screen itself says it runs and measures.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=60, help_text=_("Where it hangs: it stands on the screen."))
    location = models.CharField(
        _("location"), max_length=64, blank=True, default="", help_text=_("Empty: all locations.")
    )
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.PORTUGUESE)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.DARK)
    night_from = models.TimeField(
        _("dimmed from"), null=True, blank=True, default=time(22), help_text=_("Empty: never dimmed.")
    )
    night_until = models.TimeField(_("dimmed until"), null=True, blank=True, default=time(6))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    edition = models.CharField(_("version"), max_length=12, blank=True, default="", editable=False)
    size = models.CharField(_("size"), max_length=11, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("wall screen")
        verbose_name_plural = _("wall screens")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="nights_begin_and_end",
                condition=Q(night_from=None, night_until=None) | Q(night_from__isnull=False, night_until__isnull=False),
                violation_error_message=_("A night has a beginning and an end, or there is none."),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def shown_as(self) -> tuple:
        """What the page is made of: after a change of it the screen must load the page anew."""
        return self.name, self.location, self.language, self.theme, self.night_from, self.night_until


class WallPairing(models.Model):
    """A screen that shows a code and waits for somebody to accept it. Gone once accepted; worthless once expired.

    `digest` is of the secret that its browser holds already: accepted, it becomes that of the screen.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=6, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("screen that waits")
        verbose_name_plural = _("screens that wait")
        indexes = [models.Index(fields=["expires_at"], name="pairing_expires")]

    def __str__(self):
        return self.code


class WrongCode(models.Model):
    """Somebody typed a code that no screen shows: who does so often must wait."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("wrong code")
        verbose_name_plural = _("wrong codes")
        indexes = [models.Index(fields=["user", "at"], name="wrong_code_user")]

    def __str__(self):
        return f"{self.user_id} {self.at}"
