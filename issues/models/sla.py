"""What we promise: by when an issue is answered and by when it is solved, and which hours count."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

from .. import deadlines
from .issue import Priority

# What is in force from then on was in force for all that ever came.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TARGET_S = 366 * 24 * 3600


def this_zone() -> str:
    return settings.TIME_ZONE


class State(models.TextChoices):
    """The states of Brazil, by the name that the `holidays` library has for each."""

    AC = "AC", "Acre"
    AL = "AL", "Alagoas"
    AP = "AP", "Amapá"
    AM = "AM", "Amazonas"
    BA = "BA", "Bahia"
    CE = "CE", "Ceará"
    DF = "DF", "Distrito Federal"
    ES = "ES", "Espírito Santo"
    GO = "GO", "Goiás"
    MA = "MA", "Maranhão"
    MT = "MT", "Mato Grosso"
    MS = "MS", "Mato Grosso do Sul"
    MG = "MG", "Minas Gerais"
    PA = "PA", "Pará"
    PB = "PB", "Paraíba"
    PR = "PR", "Paraná"
    PE = "PE", "Pernambuco"
    PI = "PI", "Piauí"
    RJ = "RJ", "Rio de Janeiro"
    RN = "RN", "Rio Grande do Norte"
    RS = "RS", "Rio Grande do Sul"
    RO = "RO", "Rondônia"
    RR = "RR", "Roraima"
    SC = "SC", "Santa Catarina"
    SP = "SP", "São Paulo"
    SE = "SE", "Sergipe"
    TO = "TO", "Tocantins"


class Version(models.Model):
    """A row that stays as it was made: the database refuses to change or delete it, so that a deadline can be explained later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    note = models.CharField(_("what changed"), max_length=200, blank=True, default="")
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False,
        verbose_name=_("author"),
    )  # fmt: skip

    class Meta:
        abstract = True


class Calendar(Version):
    """One version of the hours in which people work. The newest of a name is the one that policies are offered.

    `week` has seven lists, Monday first, of intervals ["09:00", "12:00"]; `days_off` are dates "2026-12-24" on which it is
    closed besides. Saving what `deadlines.week` and `deadlines.zone` refuse raises their BadHours.
    """

    name = models.CharField(_("name"), max_length=100)
    number = models.PositiveIntegerField(_("version"), editable=False)
    zone = models.CharField(_("time zone"), max_length=64, default=this_zone)
    week = models.JSONField(_("business hours"))
    holidays = models.BooleanField(
        _("closed on holidays"), default=True,
        help_text=_("Brazil's public holidays. Carnival and the holidays of a city are none of them: name them below."),
    )  # fmt: skip
    state = models.CharField(
        _("holidays of the state"), max_length=2, choices=State, blank=True, default="",
        help_text=_("Empty: the national ones only."),
    )  # fmt: skip
    days_off = models.JSONField(_("other days off"), default=list, blank=True)

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        default_permissions = ("add", "view")
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint("name", "number", name="one_calendar_per_number"),
            models.CheckConstraint(name="calendar_state_known", condition=Q(state__in=["", *State.values])),
        ]

    def __str__(self):
        return f"{self.name} v{self.number}"

    def save(self, *args, **kwargs):
        assert self.hours
        super().save(*args, **kwargs)

    @cached_property
    def hours(self) -> deadlines.Hours:
        """As `deadlines.due` reads them. Raises BadHours, which no saved calendar does."""
        return deadlines.Hours(
            zone=deadlines.zone(self.zone),
            week=deadlines.week(self.week),
            holidays=self.holidays,
            state=self.state,
            days_off=frozenset(self._days_off()),
        )

    def _days_off(self) -> Iterable[date]:
        if len(self.days_off) > deadlines.MOST_DAYS_OFF:
            raise deadlines.BadHours(gettext("There may be %(n)d days off.") % {"n": deadlines.MOST_DAYS_OFF})
        return map(date.fromisoformat, self.days_off)


class SlaPolicy(Version):
    """What is promised for issues of one priority, at one `location` (empty: at every one that has none of its own), from `since` on.

    One version: an issue keeps the one it began with. In force at a moment is the newest of the location that has begun,
    else the newest of every location (`promises`). Targets are in seconds; they count day and night, or within the
    `calendar` only. One that is `withdrawn` ends the location's own promises: those for every location hold again.
    """

    priority = models.CharField(_("priority"), max_length=8, choices=Priority)
    location = models.CharField(
        _("location"), max_length=64, blank=True, default="", help_text=_("Empty: every location.")
    )
    response_s = models.PositiveIntegerField(
        _("first response within"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TARGET_S)]
    )
    response_in_hours = models.BooleanField(
        _("first response counts in business hours"), default=False,
        help_text=_("Automation answers day and night: this is for those whom only people answer."),
    )  # fmt: skip
    resolution_s = models.PositiveIntegerField(
        _("resolution within"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TARGET_S)]
    )
    resolution_in_hours = models.BooleanField(_("resolution counts in business hours"), default=False)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="policies", verbose_name=_("business hours")
    )
    since = models.DateTimeField(_("in force from"))
    withdrawn = models.BooleanField(
        _("withdrawn"), default=False,
        help_text=_("The location has no targets of its own any more: those for every location hold."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        default_permissions = ("add", "view")
        ordering = ["location", "priority", "-since", "-id"]
        indexes = [models.Index(fields=["location", "priority", "-since"], name="sla_in_force")]
        constraints = [
            models.CheckConstraint(name="sla_priority_known", condition=Q(priority__in=Priority.values)),
            models.CheckConstraint(
                name="sla_targets_are_positive", condition=Q(response_s__gt=0, resolution_s__gt=0)
            ),
            models.CheckConstraint(
                name="sla_hours_are_of_a_calendar",
                condition=Q(response_in_hours=False, resolution_in_hours=False) | Q(calendar__isnull=False),
            ),
            models.CheckConstraint(
                name="only_own_sla_policies_are_withdrawn", condition=Q(withdrawn=False) | ~Q(location="")
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_priority_display()}, {self.location or gettext('every location')}"

    def clean(self):
        if (self.response_in_hours or self.resolution_in_hours) and self.calendar is None:
            raise ValidationError({"calendar": _("Which business hours?")})
        if self.withdrawn and not self.location:
            raise ValidationError({"withdrawn": _("The targets for every location cannot be withdrawn.")})

    @property
    def response_hours(self) -> deadlines.Hours | None:
        return self.calendar.hours if self.calendar and self.response_in_hours else None

    @property
    def resolution_hours(self) -> deadlines.Hours | None:
        return self.calendar.hours if self.calendar and self.resolution_in_hours else None

    def response_due(self, began: datetime) -> datetime:
        """By when what a customer said at `began` is to be answered."""
        return deadlines.due(began, timedelta(seconds=self.response_s), self.response_hours)

    def response_risk(self, began: datetime) -> datetime:
        """From when on that is at risk."""
        return deadlines.at_risk(began, timedelta(seconds=self.response_s), self.response_hours)

    def resolution_due(self, began: datetime) -> datetime:
        """By when an issue of `began` is to be solved."""
        return deadlines.due(began, timedelta(seconds=self.resolution_s), self.resolution_hours)

    def resolution_risk(self, began: datetime) -> datetime:
        """From when on that is at risk."""
        return deadlines.at_risk(began, timedelta(seconds=self.resolution_s), self.resolution_hours)
