"""Keys for programs that call our API."""

import hashlib
import secrets

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7


class ApiKey(models.Model):
    """A program's key. Only its SHA-256 is kept: the key has 256 random bits, so a slow hash adds nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    trusted = models.BooleanField(
        _("sends by itself"), default=False,
        help_text=_("This program speaks to customers by its own means: what it says it has sent counts as sent."),
    )  # fmt: skip
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self):
        return self.name

    @classmethod
    def issue(cls, name: str) -> tuple["ApiKey", str]:
        """A new key and its text, which is shown this once. Raises IntegrityError if the name is taken."""
        text = f"mis_{secrets.token_urlsafe(32)}"
        return cls.objects.create(name=name, digest=cls.digest_of(text)), text

    @staticmethod
    def digest_of(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def find(cls, text: str) -> "ApiKey | None":
        """The key in force with this text, or None. The look-up is by digest, so timing tells nothing."""
        return cls.objects.filter(digest=cls.digest_of(text), revoked_at=None).first()
