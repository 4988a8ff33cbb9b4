"""Whether the figures were last found to be what the rows say."""

from django.db import models


class Proof(models.Model):
    """The last proof of one window, "yesterday" or "30d" (`prove.nightly`): one row each.

    `figures` names those that differed, and `since` is the first of the proofs in a row in which any did.
    """

    name = models.CharField(primary_key=True, max_length=16)
    at = models.DateTimeField()
    since = models.DateTimeField(null=True)
    figures = models.JSONField(default=list)
