"""Screens in the admin: added by code or link, seen to be alive, revoked, and who did it."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics.admin.wall import WallScreenAdmin
from metrics.models import WallPairing, WallScreen
from metrics.models.screen import digest_of
from metrics.wall import screens
from tests.support import make

from .admin_tools import logged_in, manager_named, may_only, text_of

pytestmark = pytest.mark.django_db
LIST, ADD = "admin:metrics_wallscreen_changelist", "admin:metrics_wallscreen_add"
WRITTEN = {"code": "", "name": "Recepção", "location": "", "language": "en", "theme": "dark"}
NIGHT = {"night_from": "22:00", "night_until": "06:00"}


@pytest.fixture
def bia():
    return logged_in(manager_named("bia"))


def page(screen: WallScreen, name: str) -> str:
    return reverse(f"admin:metrics_wallscreen_{name}", args=[screen.pk])


def added(**more) -> tuple[WallScreen, str]:
    screen = WallScreen(**{"name": "Recepção", **more})
    return screen, screens.link(screen)


def test_a_screen_is_added_by_the_code_that_it_shows(bia):
    tv = Client()
    code = tv.get("/wall/").context["code"]
    answer = bia.post(reverse(ADD), WRITTEN | NIGHT | {"code": f"{code[:3]} {code[3:]}"}, follow=True)
    assert "opens now, by itself" in text_of(answer)
    assert tv.get("/wall/state").json()["state"] == "shown"
    screen = WallScreen.objects.get()
    assert (screen.name, screen.created_by.username) == ("Recepção", "bia")
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.action_flag, entry.object_id) == ("bia", 1, str(screen.pk))


def test_a_wrong_code_adds_nothing_and_says_what_to_do(bia):
    html = text_of(bia.post(reverse(ADD), WRITTEN | NIGHT | {"code": "000000"}))
    assert "No screen shows this code now" in html
    assert "The code has six digits" in text_of(bia.post(reverse(ADD), WRITTEN | {"code": "12345"}))
    assert not WallScreen.objects.exists()


def test_guesses_are_limited(bia):
    for _ in range(10):
        bia.post(reverse(ADD), WRITTEN | NIGHT | {"code": "000000"})
    code = Client().get("/wall/").context["code"]
    assert "Too many wrong codes" in text_of(bia.post(reverse(ADD), WRITTEN | NIGHT | {"code": code}))
    assert WallPairing.objects.count() == 1


def test_without_a_code_a_link_is_shown_once(bia):
    html = text_of(bia.post(reverse(ADD), WRITTEN | NIGHT))
    secret = html.split("http://testserver/wall/")[1].split("<")[0]
    assert screens.find(secret) == WallScreen.objects.get()
    assert secret not in text_of(bia.get(page(WallScreen.objects.get(), "change")))
    assert secret not in str(LogEntry.objects.values())


def test_the_list_tells_which_are_alive_in_words_and_shapes(bia):
    now = timezone.now()
    for name, seen in (("viva", 10), ("muda", 200), ("nova", None)):
        added(name=name, last_seen_at=seen and now - timedelta(seconds=seen))
    screens.revoke(added(name="velha")[0], now)
    html = text_of(bia.get(reverse(LIST)))
    for shape, word in (("●", "alive"), ("▲", "silent"), ("○", "never opened"), ("✕", "revoked")):
        assert f"{shape}</span> {word}" in html
    assert html.index("nova") < html.index("velha")  # those in force come first


def test_revoking_asks_first_and_is_noted(bia):
    screen, secret = added()
    assert bia.get(page(screen, "revoke")).status_code == 200
    assert screens.find(secret)
    assert "shows nothing any more" in text_of(bia.post(page(screen, "revoke"), follow=True))
    assert screens.find(secret) is None
    assert LogEntry.objects.get().change_message == "revoked"
    assert bia.post(page(screen, "link")).status_code == 403


def test_a_new_link_is_shown_once_and_ends_the_one_before(bia):
    screen, secret = added()
    html = text_of(bia.post(page(screen, "link")))
    fresh = html.split("http://testserver/wall/")[1].split("<")[0]
    assert screens.find(secret) is None
    assert screens.find(fresh) == screen


def test_a_screen_can_be_set_otherwise_but_not_deleted(bia):
    screen, secret = added()
    make.issue(location="loc9")
    assert "loc9" in text_of(bia.get(page(screen, "change")))
    answer = bia.post(
        page(screen, "change"), WRITTEN | {"name": "Copa", "location": "loc9", "night_from": "", "night_until": ""}
    )
    assert answer.status_code == 302
    found = screens.find(secret)
    assert (found.name, found.location, found.night_from) == ("Copa", "loc9", None)
    assert bia.post(page(screen, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["change", "link"])
def test_what_comes_after_a_revocation_changes_nothing(bia, monkeypatch, name):
    screen, secret = added()
    monkeypatch.setattr(WallScreenAdmin, "has_change_permission", lambda *_: True)  # as it was a moment ago
    screens.revoke(screen, make.NOW)
    assert bia.post(page(screen, name), WRITTEN | NIGHT | {"name": "Copa"}).status_code == 403
    found = WallScreen.objects.get()
    assert (found.name, found.revoked_at, found.digest) == ("Recepção", make.NOW, digest_of(secret))
    assert LogEntry.objects.count() == 0


def test_half_a_night_is_refused(bia):
    html = text_of(bia.post(reverse(ADD), WRITTEN | {"night_from": "22:00", "night_until": ""}))
    assert "A night has a beginning and an end" in html


def test_who_may_not_change_walls_cannot():
    eve = may_only("view_issue")
    screen, _secret = added()
    for address in (reverse(LIST), reverse(ADD), page(screen, "revoke"), page(screen, "link")):
        assert eve.post(address).status_code == 403


def test_no_login_no_admin():
    assert Client().get(reverse(ADD)).status_code == 302
