"""Which screens are walls: paired by a code that somebody accepts, or opened by a link; until they are revoked."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ..models import WallPairing, WallScreen, WrongCode
from ..models.screen import digest_of

CODE_LASTS = timedelta(minutes=10)
# So many screens may wait at once: strangers can open the page, and must not fill the table or guess by mass.
MOST_WAITING = 100
MOST_WRONG = 10  # codes of one person within CODE_LASTS
TRIES = 5

SECRET = re.compile(r"[\w-]{43}", re.ASCII)


class Refused(Exception):
    """A code opens nothing. The text is fit to be shown."""


class Revoked(Exception):
    """The screen has been revoked, meanwhile perhaps: that is for ever, and nothing of it is changed any more."""


class TooManyWait(Exception):
    """No code is free. Asking again in a minute may work."""


def new_secret() -> str:
    """256 random bits, as an address and a cookie can hold them."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Whether it has the form of a secret of ours; nothing else is kept or looked up."""
    return bool(SECRET.fullmatch(text))


# --- A screen asks ------------------------------------------------------------------------------------------


def ask(now: datetime) -> tuple[WallPairing, str]:
    """A new code, and the secret that will be the screen's if somebody accepts it. Raises TooManyWait.

    Where too many wait, the oldest gives way: whoever stands before a screen types its code within a minute or two, and no
    address gets so many that it could take those of others away (`views.ASKED`).
    """
    WallPairing.objects.filter(expires_at__lte=now).delete()
    kept = WallPairing.objects.order_by("-expires_at", "-pk").values("pk")[: MOST_WAITING - 1]
    WallPairing.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    secret = new_secret()
    for _attempt in range(TRIES):
        code = f"{secrets.randbelow(10**6):06}"
        try:
            with transaction.atomic():
                return WallPairing.objects.create(
                    code=code, digest=digest_of(secret), expires_at=now + CODE_LASTS
                ), secret
        except IntegrityError:
            continue  # another screen shows that code
    raise TooManyWait


def waiting(secret: str, now: datetime) -> WallPairing | None:
    """The code that the browser with this secret shows, while it may be accepted."""
    return WallPairing.objects.filter(digest=digest_of(secret), expires_at__gt=now).first()


# --- Somebody accepts ---------------------------------------------------------------------------------------


def take(code: str, user, now: datetime) -> WallPairing:
    """The screen that shows `code`, locked until the transaction ends. Raises Refused, and remembers who was wrong.

    Call it in a transaction, and commit that also when it refuses.
    """
    WrongCode.objects.filter(at__lte=now - CODE_LASTS).delete()
    if WrongCode.objects.filter(user=user).count() >= MOST_WRONG:
        raise Refused(_("Too many wrong codes. Wait ten minutes, or make a link instead."))
    found = WallPairing.objects.select_for_update().filter(code=code, expires_at__gt=now).first()
    if found is None:
        WrongCode.objects.create(user=user, at=now)
        raise Refused(_("No screen shows this code now. Read it again: it changes every ten minutes."))
    return found


def accept(screen: WallScreen, pairing: WallPairing) -> None:
    """Makes `screen` the one that waits with `pairing`: its page opens by itself. A second time nobody waits any more."""
    screen.digest = pairing.digest
    screen.save()
    pairing.delete()


def link(screen: WallScreen) -> str:
    """A new secret of the screen, to be shown once. Whatever opened it before opens nothing any more.

    Raises Revoked.
    """
    secret = new_secret()
    screen.digest = digest_of(secret)
    if screen._state.adding:
        screen.save()
    elif not WallScreen.objects.filter(pk=screen.pk, revoked_at=None).update(digest=screen.digest):
        raise Revoked
    return secret


def change(screen: WallScreen, fields: Iterable[str]) -> None:
    """Keeps what was set otherwise on the screen, and nothing else of it. Raises Revoked."""
    changed = {name: getattr(screen, name) for name in fields}
    if changed and not WallScreen.objects.filter(pk=screen.pk, revoked_at=None).update(**changed):
        raise Revoked


def revoke(screen: WallScreen, now: datetime) -> bool:
    """Makes its secret worthless, for ever. False if it was already; the first time is kept."""
    return bool(WallScreen.objects.filter(pk=screen.pk, revoked_at=None).update(revoked_at=now))


# --- A wall is looked at ------------------------------------------------------------------------------------


def find(secret: str) -> WallScreen | None:
    """The screen that this secret opens, unless it is revoked. The look-up is by digest, so timing tells nothing."""
    return in_force([digest_of(secret)]).get(digest_of(secret)) if is_secret(secret) else None


def in_force(digests: Iterable[str]) -> dict[str, WallScreen]:
    """Those of the screens that are not revoked, by digest. One query."""
    found = WallScreen.objects.filter(digest__in=list(digests), revoked_at=None)
    return {screen.digest: screen for screen in found}


def opened(screen: WallScreen, now: datetime, *, edition: str, size: str) -> None:
    """Notes that the screen shows figures, which edition of the page it runs and how large it is."""
    WallScreen.objects.filter(pk=screen.pk).update(last_seen_at=now, edition=edition[:12], size=size[:11])


def seen(digests: Iterable[str], now: datetime) -> None:
    """Notes that these screens show figures. One statement."""
    WallScreen.objects.filter(digest__in=list(digests)).update(last_seen_at=now)
