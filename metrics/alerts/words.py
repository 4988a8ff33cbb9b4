"""What alerts say: the texts of the shipped rules, and values in words. In the language that is active."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import format
from ..models.alert import AlertRule
from .signals import SIGNALS


@dataclass(frozen=True)
class Text:
    """What a rule says when it fires: what has happened, what that means, and what to do."""

    title: str | Promise
    meaning: str | Promise = ""
    todo: str | Promise = ""


SHIPPED: dict[str, Text] = {
    "long_wait": Text(
        _("A customer waits for more than 5 minutes"),
        _("At least one customer has had no first response for longer than any is meant to wait."),
        _("Open the list and answer by hand. If many wait, look at the queue, at the AI and at WhatsApp on the dashboard."),
    ),
    "slow_response": Text(
        _("First responses are slow"),
        _("One in ten customers waits for more than 15 minutes, over the last hour."),
        _("See by priority and location where it is slow. Templates instead of the AI, or a paused WhatsApp, are the usual causes."),
    ),
    "low_success": Text(
        _("Automatic replies fail"),
        _("Fewer than 90% of the automatic replies of the last hour went out and stayed."),
        _("Open the list of messages not delivered and see what the failures have in common."),
    ),
    "ai_failing": Text(
        _("An AI model does not answer"),
        _("Three questions in a row failed. The other model is asked instead, or templates answer; this one is tried again by itself."),
        _("Nothing, if it ends within minutes. If it lasts, look at the status of Google's Gemini service."),
    ),
    "whatsapp_failing": Text(
        _("WhatsApp messages fail"),
        _("More than 5% of the messages of the last hour were not taken by WhatsApp, or not delivered."),
        _("See whether the number is connected in Evolution, and whether WhatsApp has restricted it. Call who waits."),
    ),
    "response_overdue": Text(
        _("A first response is overdue"),
        _("The deadline of a first response has passed, and the customer still waits."),
        _("Open the list and answer by hand, the oldest first."),
    ),
    "resolution_overdue": Text(
        _("A resolution is overdue"),
        _("The deadline of a resolution has passed, and the issue is still open."),
        _("Open the list. Assign what has no owner, and resolve what is solved already."),
    ),
    "no_webhook": Text(
        _("No messages arrive"),
        _("No webhook came for much longer than is usual at this hour. Customers may be writing, and we do not hear it."),
        _("See in GoHighLevel and Evolution whether their webhooks still lead here, and whether the proxy lets them in."),
    ),
    "queue_stuck": Text(
        _("The queue stands still"),
        _("An answer or a job has been due for more than a minute, and no worker takes it."),
        _("See whether workers run and what their logs say. If they do, there may be more work than max_parallel allows."),
    ),
    "worker_silent": Text(
        _("No worker is running"),
        _("No worker was seen for half a minute, so nobody is answered."),
        _("Start manage.py serve again, and see in its log why the workers ended."),
    ),
    "clock_away": Text(
        _("The clock was away"),
        _("No clock ran for a while: repairs, deadlines and alerts were late. It is back."),
        _("See in the log of manage.py serve why it ended. A second machine with a clock takes over within seconds."),
    ),
    "channel_closed": Text(
        _("WhatsApp is not connected"),
        _("No message goes out or comes in. Replies wait, and go to a person when that takes too long."),
        _("Scan the QR code of the number in Evolution again."),
    ),
    "model_gone": Text(
        _("An AI model no longer exists"),
        _("Gemini says that the model is gone. The other model or templates answer."),
        _("Set GEMINI_MODEL or GEMINI_FALLBACK_MODEL to a model that exists, and start MIS again."),
    ),
    "misconfigured": Text(
        _("The AI refuses our key"),
        _("Gemini accepts no question with this key. Templates answer."),
        _("Set GEMINI_API_KEY to a valid key with access to the models, and start MIS again."),
    ),
    "figures_differ": Text(
        _("Figures differ from their rows"),
        _("Measured again from the rows, some figures came out otherwise."),
        _("Their days are being measured again. To see that they agree now, run manage.py prove --nightly."),
    ),
    "ai_budget": Text(
        _("The AI costs more than planned"),
        _("Since midnight, the calls of the AI have cost more than the threshold of this rule."),
        _("See what is asked so often. Lower ai_per_minute, or raise the threshold of this rule."),
    ),
    "backlog_growing": Text(
        _("The backlog grows"),
        _("In the last hour, many more issues came than were solved."),
        _("See which type or location they are of, and whether one cause is behind them. Call people in."),
    ),
}  # fmt: skip

UNTOLD = Text(_("Alert"))
BLIND = Text(
    _("Cannot tell: {title}"),
    _("What this rule watches cannot be read, so nobody knows whether all is well."),
    _("See in the log of the clock what the error is; the signal may also be switched off at its source."),
)


def text(rule: AlertRule, cause: str = "condition") -> Text:
    """What the rule says of an incident: its own words, where it has any, else those it was shipped with."""
    shipped = SHIPPED.get(rule.code, UNTOLD)
    own = Text(rule.title or shipped.title, rule.meaning or shipped.meaning, rule.todo or shipped.todo)
    return Text(str(BLIND.title).format(title=own.title), BLIND.meaning, BLIND.todo) if cause == "blind" else own


def value(rule: AlertRule, number: float | None) -> str:
    """A value or threshold of the rule as people read it, with its unit."""
    signal = SIGNALS.get(rule.signal)
    return format.measure(number, signal.unit) if signal else str(number)


CONDITIONS = {"above": _("above {threshold}"), "at_least": _("at least {threshold}"), "below": _("below {threshold}")}


def condition(rule: AlertRule) -> str:
    """When it is wrong: "above 5 min"."""
    return str(CONDITIONS[rule.condition]).format(threshold=value(rule, rule.threshold))
