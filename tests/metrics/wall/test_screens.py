"""How a screen comes to show figures without a login, and how it ends."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import translation

from metrics.models import WallPairing, WallScreen, WrongCode
from metrics.models.screen import digest_of
from metrics.wall import screens
from metrics.wall.alive import Standing, standing
from tests.support import make

pytestmark = pytest.mark.django_db
NOW = make.NOW
LATER = NOW + screens.CODE_LASTS


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def ana():
    return get_user_model().objects.create_user("ana")


def paired(ana) -> tuple[WallScreen, str]:
    pairing, secret = screens.ask(NOW)
    screen = WallScreen(name="Recepção", created_by=ana)
    screens.accept(screen, screens.take(pairing.code, ana, NOW))
    return screen, secret


def test_a_code_that_is_accepted_opens_the_screen_that_showed_it(ana):
    screen, secret = paired(ana)
    assert screens.find(secret) == screen
    assert WallPairing.objects.count() == 0


def test_a_screen_that_only_asks_opens_nothing():
    pairing, secret = screens.ask(NOW)
    assert len(pairing.code) == 6
    assert screens.find(secret) is None
    assert screens.waiting(secret, NOW) == pairing


def test_no_secret_is_kept(ana):
    screen, secret = paired(ana)
    assert secret not in str(WallScreen.objects.values().get())
    assert screen.digest == digest_of(secret)


def test_a_code_holds_for_ten_minutes(ana):
    pairing, secret = screens.ask(NOW)
    just_before = LATER - timedelta(seconds=1)
    assert screens.waiting(secret, just_before) == pairing
    assert screens.take(pairing.code, ana, just_before) == pairing
    assert screens.waiting(secret, LATER) is None
    with pytest.raises(screens.Refused, match="No screen"):
        screens.take(pairing.code, ana, LATER)


def test_a_code_is_accepted_once(ana):
    pairing, _secret = screens.ask(NOW)
    screens.accept(WallScreen(name="a"), screens.take(pairing.code, ana, NOW))
    with pytest.raises(screens.Refused):
        screens.take(pairing.code, ana, NOW)


def test_after_ten_wrong_codes_even_the_right_one_is_refused_for_ten_minutes(ana):
    pairing, _secret = screens.ask(NOW)
    wrong = "000000" if pairing.code != "000000" else "000001"
    for _attempt in range(10):
        with pytest.raises(screens.Refused, match="No screen"):
            screens.take(wrong, ana, NOW)
    with pytest.raises(screens.Refused, match="Too many"):
        screens.take(pairing.code, ana, NOW + timedelta(minutes=9))
    bia = get_user_model().objects.create_user("bia")
    assert screens.take(pairing.code, bia, NOW) == pairing
    fresh, _secret = screens.ask(LATER)
    assert screens.take(fresh.code, ana, LATER) == fresh
    assert WrongCode.objects.count() == 0


def test_a_hundred_screens_may_wait_and_the_oldest_gives_way_to_one_more(monkeypatch):
    monkeypatch.setattr(screens, "MOST_WAITING", 3)
    asked = [screens.ask(NOW + timedelta(seconds=n))[0] for n in range(5)]
    assert list(WallPairing.objects.order_by("pk")) == asked[2:]
    screens.ask(LATER + timedelta(seconds=9))
    assert WallPairing.objects.count() == 1


def test_where_no_code_is_free_nobody_waits(monkeypatch):
    monkeypatch.setattr(screens.secrets, "randbelow", lambda _: 7)
    screens.ask(NOW)
    with pytest.raises(screens.TooManyWait):
        screens.ask(NOW)


def test_two_screens_never_show_the_same_code(monkeypatch):
    numbers = iter([7, 7, 8])
    monkeypatch.setattr(screens.secrets, "randbelow", lambda _: next(numbers))
    assert [screens.ask(NOW)[0].code for _ in range(2)] == ["000007", "000008"]


def test_a_revoked_screen_opens_nothing_and_keeps_its_first_time(ana):
    screen, secret = paired(ana)
    assert screens.revoke(screen, NOW) is True
    assert screens.find(secret) is None
    assert screens.revoke(screen, LATER) is False
    screen.refresh_from_db()
    assert screen.revoked_at == NOW


def test_what_was_begun_before_a_revocation_does_not_undo_it(ana):
    screen, secret = paired(ana)
    screens.revoke(screen, NOW)  # by somebody else: the screen at hand knows nothing of it
    screen.name = "Copa"
    with pytest.raises(screens.Revoked):
        screens.change(screen, ["name"])
    with pytest.raises(screens.Revoked):
        screens.link(screen)
    found = WallScreen.objects.get()
    assert (found.name, found.revoked_at, found.digest) == ("Recepção", NOW, digest_of(secret))


def test_only_what_was_set_otherwise_is_written(ana):
    screen, _secret = paired(ana)
    fresh = screens.link(WallScreen.objects.get())
    screens.opened(screen, NOW, edition="abc", size="9x9")
    screen.name, screen.location = "Copa", "loc9"
    screens.change(screen, ["name"])
    found = screens.find(fresh)
    assert (found.name, found.location, found.last_seen_at, found.size) == ("Copa", "", NOW, "9x9")


def test_a_new_link_takes_the_place_of_what_opened_the_screen_before(ana):
    screen, secret = paired(ana)
    fresh = screens.link(screen)
    assert screens.find(secret) is None
    assert screens.find(fresh) == screen


@pytest.mark.parametrize("text", ["", "x", "a" * 44, "ã" * 43, "\0" * 43, "a" * 42 + "/"])
def test_what_has_not_the_form_of_a_secret_is_not_looked_up(text, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert screens.find(text) is None


@pytest.mark.parametrize(
    ("seen", "revoked", "expected"),
    [(None, None, "NEW"), (90, None, "ALIVE"), (91, None, "SILENT"), (1, 1, "REVOKED")],
)
def test_a_screen_is_alive_for_a_minute_and_a_half_after_it_was_seen(seen, revoked, expected):
    ago = [None if each is None else NOW - timedelta(seconds=each) for each in (seen, revoked)]
    assert standing(WallScreen(last_seen_at=ago[0], revoked_at=ago[1]), NOW) is Standing[expected]
