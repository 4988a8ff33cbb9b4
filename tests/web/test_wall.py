"""The pages of a wall: a code, a link, the figures; never a login, and never a trace of the secret."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics.models import WallPairing, WallScreen
from metrics.wall import cookies, screens, views
from metrics.wall.edition import EDITION
from mis_dashboard.lib.logs import LineFormatter
from tests.support import make

pytestmark = pytest.mark.django_db
COOKIES = [cookies.COOKIE, cookies.SOCKET_COOKIE]


@pytest.fixture
def tv():
    return Client()


def added(**more) -> tuple[WallScreen, str]:
    screen = WallScreen(**{"name": "Recepção", **more})
    return screen, screens.link(screen)


def shown_code(tv: Client) -> str:
    answer = tv.get("/wall/")
    assert answer.status_code == 200
    return answer.context["code"]


def state(tv: Client) -> str:
    return tv.get("/wall/state").json()["state"]


def test_a_screen_that_nobody_knows_shows_a_code_and_keeps_it(tv):
    code = shown_code(tv)
    assert WallPairing.objects.get().code == code
    assert shown_code(tv) == code
    assert state(tv) == "waiting"


def test_who_only_asks_whether_the_page_is_there_gets_no_code(tv):
    assert tv.head("/wall/").status_code == 200
    assert WallPairing.objects.count() == 0


def test_an_expired_code_makes_way_for_a_new_one(tv):
    shown_code(tv)
    WallPairing.objects.update(expires_at=timezone.now())
    assert state(tv) == "unknown"
    shown_code(tv)
    assert WallPairing.objects.count() == 1
    assert state(tv) == "waiting"


def test_an_accepted_code_opens_the_figures(tv):
    pairing = WallPairing.objects.get(code=shown_code(tv))
    screens.accept(WallScreen(name="Recepção"), pairing)
    assert state(tv) == "shown"
    make.issue(at=timezone.now())
    answer = tv.get("/wall/")
    html = unescape(answer.content.decode())
    assert "Recepção" in html
    assert answer.context["snapshot"]["now"]["waiting"] == 1
    assert 'data-figure="tiles.waiting.figure">1<' in html


def test_a_link_leaves_the_address_bar_and_opens_the_figures(tv):
    _screen, secret = added()
    answer = tv.get(f"/wall/{secret}")
    assert (answer.status_code, answer["Location"]) == (302, "/wall/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert state(tv) == "shown"
    assert "snapshot" in tv.get("/wall/").context


def test_its_cookies_go_to_the_wall_and_its_socket_only_and_no_script_reads_them(tv):
    _screen, secret = added()
    answer = tv.get(f"/wall/{secret}/")
    found = [answer.cookies[name] for name in COOKIES]
    assert [(each["path"], each["httponly"], each["samesite"]) for each in found] == [
        ("/wall", True, "Lax"),
        ("/ws/wall", True, "Lax"),
    ]
    assert all(each["max-age"] > timedelta(days=365).total_seconds() for each in found)


@pytest.mark.parametrize("ended", ["revoked", "replaced", "never made"])
def test_what_opens_nothing_shows_a_code_and_never_a_login(tv, ended):
    screen, secret = added()
    if ended == "revoked":
        screens.revoke(screen, timezone.now())
    elif ended == "replaced":
        screens.link(screen)
    else:
        secret = screens.new_secret()
    answer = tv.get(f"/wall/{secret}", follow=True)
    assert [address for address, _status in answer.redirect_chain] == ["/wall/"]
    assert answer.context["code"]
    assert "login" not in answer.content.decode()


@pytest.mark.parametrize("path", ["x", "a/b/c", "a" * 44, "ã", "%00"])
def test_a_mistyped_link_is_no_error_and_keeps_nothing(tv, path):
    answer = tv.get(f"/wall/{path}")
    assert (answer.status_code, answer["Location"]) == (302, "/wall/")
    assert not answer.cookies


def test_the_page_says_nothing_of_customers(tv):
    make.issue(
        at=timezone.now(),
        text="O cachorro comeu o boleto",
        customer=make.customer(name="Zulmira", phone="+5551988877665"),
    )
    tv.get(f"/wall/{added()[1]}")
    html = tv.get("/wall/").content.decode()
    assert not [each for each in ("Zulmira", "88877665", "cachorro") if each in html]


def test_the_secret_is_neither_in_the_page_nor_where_addresses_are_told(tv):
    _screen, secret = added()
    tv.get(f"/wall/{secret}")
    answer = tv.get("/wall/")
    assert secret not in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"


def test_a_log_line_never_holds_the_secret(caplog, monkeypatch):
    def fails(*_):
        raise RuntimeError

    monkeypatch.setattr(cookies, "keep", fails)
    secret = screens.new_secret()
    assert Client(raise_request_exception=False).get(f"/wall/{secret}").status_code == 500
    lines = [LineFormatter().format(record) for record in caplog.records]
    assert not [line for line in lines if secret in line]
    assert any("Internal Server Error: /wall/…" in line for line in lines)


def test_without_a_database_the_page_waits_and_asks_again(tv, monkeypatch):
    def away(_secret):
        raise OperationalError("gone")

    monkeypatch.setattr(views.screens, "find", away)
    answer = tv.get("/wall/")
    assert answer.status_code == 503
    assert "wall-pairing" in answer.content.decode()
    assert tv.get("/wall/state").status_code == 503


def test_figures_that_cannot_be_read_are_no_error_page(tv, monkeypatch):
    def fails(*_args, **_more):
        raise ZeroDivisionError

    tv.get(f"/wall/{added()[1]}")
    monkeypatch.setattr(views.snapshot, "build", fails)
    answer = tv.get("/wall/")
    assert answer.status_code == 503
    assert 'data-now="away"' in answer.content.decode()


def test_too_many_that_wait_are_told_so_and_ask_again(tv, monkeypatch):
    monkeypatch.setattr(screens, "TRIES", 0)
    answer = tv.get("/wall/")
    assert answer.status_code == 200
    assert answer.context["code"] == ""
    assert 'data-now="unknown" data-expires-in="60"' in answer.content.decode()


def test_the_page_is_in_the_language_and_theme_of_the_screen(tv):
    tv.get(f"/wall/{added(language='en', theme='light')[1]}")
    html = tv.get("/wall/").content.decode()
    assert '<html lang="en" data-theme="light">' in html
    assert "Waiting for a reply" in html


def test_the_page_tells_its_edition_and_when_it_is_night(tv):
    tv.get(f"/wall/{added()[1]}")
    html = tv.get("/wall/").content.decode()
    assert f'data-edition="{EDITION}"' in html
    assert 'data-night-from="22:00" data-night-until="06:00"' in html
    assert tv.get("/wall/state").json()["edition"] == EDITION


def test_a_screen_that_is_never_dimmed_says_so(tv):
    tv.get(f"/wall/{added(night_from=None, night_until=None)[1]}")
    assert 'data-night-from="" data-night-until=""' in tv.get("/wall/").content.decode()


def test_without_scripts_the_page_is_loaded_anew(tv):
    tv.get(f"/wall/{added()[1]}")
    assert '<noscript><meta http-equiv="refresh"' in tv.get("/wall/").content.decode()


def test_what_waits_in_the_browser_for_the_server_speaks_its_language(tv):
    answer = tv.get("/wall/worker-en.js")
    assert answer["Content-Type"] == "text/javascript"
    assert "The server does not answer" in answer.content.decode()
    assert tv.get("/wall/worker-xx.js").status_code == 404


def test_only_its_pages_are_open(tv):
    tv.get(f"/wall/{added()[1]}")
    assert tv.get("/performance").status_code == 302
    assert tv.get("/api/metrics/snapshot").status_code == 401
    assert tv.post("/wall/").status_code == 405
    assert reverse("wall") == "/wall/"


def test_who_asks_and_asks_takes_no_code_away_from_a_screen(client):
    shown = Client(REMOTE_ADDR="10.0.0.1")
    code = shown.get("/wall/").context["code"]
    answers = [Client(REMOTE_ADDR="10.0.0.9").get("/wall/").context["code"] for _ in range(120)]
    assert [bool(answer) for answer in answers] == [True] * 10 + [False] * 110
    assert shown.get("/wall/").context["code"] == code
