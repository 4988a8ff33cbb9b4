"""Who writes to us: WhatsApp may hide the phone behind an id of its own, and tell the phone later."""

from django.utils import timezone

from . import actions
from .models import Action, Customer, Issue
from .models.issue import UNRESOLVED


def know_lid(customer: Customer, lid: str, *, new_phone: bool = False) -> None:
    """From now on what comes under `lid` is this customer's, found by `queries.customer_for_update`. Again changes nothing.

    Whoever was known by the hidden id alone is the same person: their issues become this customer's and stay as
    they are, with whoever has them, who can answer now. A hidden id belongs to one phone: the newest.
    """
    if new_phone:
        _say_whose_they_are(customer)
    if customer.lid == lid:
        return
    for other in Customer.objects.select_for_update(no_key=True).filter(lid=lid).exclude(pk=customer.pk):
        if not other.phone and not other.contact_id:
            _bring_together(customer, other)
    Customer.objects.filter(lid=lid).exclude(phone=customer.phone).update(lid=None)
    customer.lid = lid
    customer.save(update_fields=["lid"])


def _bring_together(customer: Customer, stranger: Customer) -> None:
    _say_whose_they_are(stranger)
    if stranger.opted_out_at and not customer.opted_out_at:
        customer.opted_out_at = stranger.opted_out_at
        customer.save(update_fields=["opted_out_at"])
    stranger.issues.filter(location="").update(location=customer.location)
    stranger.issues.update(customer=customer, updated_at=timezone.now())
    stranger.delete()


def _say_whose_they_are(stranger: Customer) -> None:
    """Whoever works on a stranger's issue is told that it has a phone now."""
    for issue in Issue.objects.filter(customer=stranger, status__in=UNRESOLVED):
        actions.record(issue, Action.Kind.NOTED, why="phone_learnt")
