"""How the admin says what happened: from rows to words, with nothing read and nothing written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import actions, wording
from ..models import Action, Issue, Message, Response
from ..models.issue import Basis, Status

NOTHING = "—"
HIDDEN = _("hidden, because it may hold contact data")
SPACE = "\N{NO-BREAK SPACE}"

REPLIED_BY = {
    Response.Kind.AI: _("replied by AI"),
    Response.Kind.CACHED: _("replied with a reused answer"),
    Response.Kind.TEMPLATE: _("replied with a template"),
    Response.Kind.HUMAN: _("replied by a person"),
    Response.Kind.PROGRAM: _("replied by another program"),
}

# What was said otherwise than as the answer.
SAID_FOR = {
    Response.Purpose.FOLLOW_UP: _("once the AI was there again"),
    Response.Purpose.HANDOVER: _("says that a person takes over"),
}
# To what automation fell back.
FELL_BACK_TO = {"second_model": _("asks the second model"), "template": _("answers with a template")}

WHO = {
    actions.SYSTEM: _("automation"),
    actions.CUSTOMER: _("customer"),
    "whatsapp": "WhatsApp",
    "person": _("a person outside of MIS"),
}

# What was wrong with a reply of the AI's that was stopped before it was sent (`ai.guard`).
STOPPED = {
    "manipulation": _("the customer tries to give the AI orders"),
    "length": _("the AI's answer was too long"),
    "disguise": _("the AI's answer had hidden characters"),
    "secret_request": _("the AI's answer asked for a password or a code"),
    "leak": _("the AI's answer spoke of its instructions"),
    "code": _("the AI's answer held program code"),
    "abuse": _("the AI's answer was insulting"),
    "disparagement": _("the AI's answer ran the company down"),
    "identity": _("the AI's answer claimed to be a person"),
    "liability": _("the AI's answer admitted fault"),
    "advice": _("the AI's answer gave advice that it must not give"),
    "language": _("the AI's answer was in another language"),
    "payment_request": _("the AI's answer asked for a payment"),
    "price": _("the AI's answer named a price that is not written down"),
    "date": _("the AI's answer named a date that is not written down"),
    "link": _("the AI's answer had a link that is not written down"),
    "email": _("the AI's answer had an e-mail address that is not written down"),
    "phone": _("the AI's answer had a phone number that is not written down"),
    "number": _("the AI's answer had a number that is not written down"),
    "money_promise": _("the AI's answer promised money"),
    "commitment": _("the AI's answer made a commitment"),
    "assent": _("the AI's answer agreed to a claim of the customer's"),
}

# Why the AI did not answer: the outcomes of its calls, and what kept it from being called.
WHY = {
    "not_configured": _("the AI is not configured"),
    "no_time": _("too little time was left"),
    "over_budget": _("the budget was spent"),
    "blocked": _("the AI refused"),
    "empty": _("the AI's answer was empty"),
    "cut": _("the AI's answer was cut off"),
    "malformed": _("the AI's answer was malformed"),
    "late": _("the AI was late"),
    "busy": _("the AI was busy"),
    "unavailable": _("the AI was unavailable"),
    "misconfigured": _("the AI is misconfigured"),
    "model_gone": _("the model no longer exists"),
    "left_alone": _("the AI was left alone for a while, after failures"),
    "error": _("an error of MIS"),
    "told twice": _("the CRM and WhatsApp both told of it"),
    "phone_learnt": _("the phone became known"),
    "only_thanks": _("the customer only thanks"),
} | STOPPED
OUTCOMES = {"answered": _("answered")} | WHY

BASES = dict(Basis.choices)
STATES = dict(Status.choices)

SENTIMENTS = {
    "positive": _("positive"),
    "neutral": _("neutral"),
    "negative": _("negative"),
    "angry": _("angry"),
}


def who(by: str) -> str:
    """Who did it in words: our own names for automation and the like; a user name or a key's name as it is."""
    return str(WHO.get(by, by))


def outcome(name: str) -> str:
    """What became of a call of the AI."""
    return str(OUTCOMES.get(name) or plain(name))


def failure(text: str) -> str:
    """A code, or a reason that was stored in English, in the reader's language."""
    return str(wording.FAILURES.get(text) or (gettext(text) if " " in text else plain(text)))


def plain(name: str) -> str:
    """A name meant for programs, "meta_131026", as "meta 131026"."""
    return name.replace("_", " ")


def duration(span: timedelta) -> str:
    """`span` in at most two units: "2.1 s", "42 s", "1 min 20 s", "2 h 5 min", "3 d 4 h". Below zero is zero."""
    seconds = max(span.total_seconds(), 0)
    if seconds < 9.95:
        return f"{number_format(seconds, 1)}{SPACE}s"
    if (whole := round(seconds)) < 60:
        return f"{whole}{SPACE}s"
    if whole < 3600:
        return _two(whole, 60, "min", "s")
    if (minutes := round(seconds / 60)) < 24 * 60:
        return _two(minutes, 60, "h", "min")
    return _two(round(seconds / 3600), 24, "d", "h")


def _two(amount: int, per: int, large: str, small: str) -> str:
    whole, rest = divmod(amount, per)
    return f"{whole}{SPACE}{large}" + (f" {rest}{SPACE}{small}" if rest else "")


# --- The timeline ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of an issue's timeline. `notes` are what is worth knowing besides, the most important first.

    `failed_quietly`: it did not work, and `what` does not say so by itself.
    """

    at: datetime
    what: str
    notes: list[str]
    who: str
    automated: bool
    success: bool
    kind: str

    @property
    def failed_quietly(self) -> bool:
        return not self.success and self.kind not in FAILURES


FAILURES = {Action.Kind.FAILED, Action.Kind.FELL_BACK, Action.Kind.UNSURE}


def timeline(issue: Issue, happened: Iterable[Action], messages: list[Message]) -> list[Line]:
    """All that `happened` to the issue, in words; `messages` are the customer's."""
    heard = [issue.detected_at, *(message.sent_at for message in messages)]
    return [line(action, heard) for action in happened]


def line(action: Action, heard: Iterable[datetime] = ()) -> Line:
    """`action` in words. Reads `action.response`, so fetch it along. `heard` is when the customer wrote, if known."""
    what = REPLIED_BY.get(action.detail.get("how")) if action.kind == Action.Kind.REPLIED else None
    return Line(
        at=action.at,
        what=str(what or action.get_kind_display()),
        notes=_notes(action, heard),
        who=action.by if action.user_id else who(action.by),
        automated=action.automated,
        success=action.success,
        kind=action.kind,
    )


def _notes(action: Action, heard: Iterable[datetime]) -> list[str]:
    detail = action.detail
    notes = []
    if took := _took(action, heard):
        notes.append(took)
    if said_for := SAID_FOR.get(detail.get("purpose")):
        notes.append(str(said_for))
    notes += _reasons(detail)
    if code := _code(action):
        notes.append(failure(code))
    if detail.get("again"):
        notes.append(gettext("will be tried again"))
    return notes + _results(detail)


def _reasons(detail: dict) -> list[str]:
    """Why, and to whom or what."""
    notes = []
    if reason := detail.get("reason"):
        notes.append(gettext(reason))
    if to := detail.get("to"):
        notes.append(str(FELL_BACK_TO[to]) if to in FELL_BACK_TO else gettext("to %(name)s") % {"name": to})
    return notes + [str(WHY.get(why, plain(why))) for why in _all(detail.get("why"))]


def _results(detail: dict) -> list[str]:
    """What was found, and by what it was decided."""
    notes = []
    if "problem" in detail:
        notes.append(gettext("a problem") if detail["problem"] else gettext("not a problem"))
    if "resolved" in detail:
        notes.append(gettext("it is solved") if detail["resolved"] else gettext("it is not solved"))
    if "good" in detail:
        notes.append(gettext("good") if detail["good"] else gettext("not good"))
    if stars := detail.get("stars"):
        notes.append(ngettext("%(n)s star", "%(n)s stars", stars) % {"n": stars})
    if basis := detail.get("basis"):
        notes.append(str(BASES.get(basis, basis)))
    if state := detail.get("state"):
        notes.append(gettext("%(state)s in the other system") % {"state": STATES.get(state, state)})
    return notes


def _all(why: str | list[str] | None) -> list[str]:
    """Each reason once; one alone may stand without a list."""
    return list(dict.fromkeys([why] if isinstance(why, str) else why or []))


def _code(action: Action) -> str:
    """The code of a failure, where no reason says it better. WhatsApp's receipt of one comes without any."""
    if action.detail.get("reason"):
        return ""
    return action.detail.get("code") or ("refused_by_whatsapp" if action.kind == Action.Kind.FAILED else "")


def _took(action: Action, heard: Iterable[datetime]) -> str:
    """How long the customer waited for this reply since they last wrote. Empty when that cannot be told.

    What automation says is made when the customer writes; what a person says, when the person has written.
    """
    response = action.response
    if action.kind != Action.Kind.REPLIED or response is None:
        return ""
    by_hand = response.kind == Response.Kind.HUMAN
    since = max((at for at in heard if at <= action.at), default=None) if by_hand else response.created_at
    return duration(action.at - since) if since and since <= action.at else ""
