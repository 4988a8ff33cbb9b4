"""Who guesses passwords waits; everybody else signs in as ever."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from mis_dashboard.lib.brake import Brake
from mis_dashboard.signin import WITHIN_S, WRONG, SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(SignIn, "brake", Brake(WRONG, WITHIN_S, clock=lambda: now[0]))
    get_user_model().objects.create_user("ana", password="uma-senha-longa")
    return now


def sign_in(name: str, password: str, address: str = "10.0.0.1"):
    client = Client(REMOTE_ADDR=address, headers={"accept-language": "en"})
    return client.post("/login/", {"username": name, "password": password})


def test_after_ten_wrong_passwords_even_the_right_one_waits_for_ten_minutes(clock):
    assert {sign_in("ana", "wrong").status_code for _ in range(10)} == {200}
    answer = sign_in("Ana", "uma-senha-longa")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "601")
    assert "Try again in 11 minutes" in answer.content.decode()
    clock[0] += 601
    assert sign_in("ana", "uma-senha-longa").status_code == 302


def test_a_name_that_nobody_has_is_slowed_down_alike():
    for _ in range(10):
        sign_in("nobody", "wrong")
    assert sign_in("nobody", "wrong").status_code == 429


def test_another_address_and_another_name_are_not_slowed_down():
    for _ in range(10):
        sign_in("ana", "wrong")
    assert sign_in("ana", "uma-senha-longa", address="10.0.0.2").status_code == 302
    assert sign_in("bia", "wrong").status_code == 200


def test_who_signs_in_begins_anew():
    for _ in range(3):
        assert {sign_in("ana", "wrong").status_code for _ in range(9)} == {200}
        assert sign_in("ana", "uma-senha-longa").status_code == 302


def test_what_is_counted_does_not_grow_for_ever(clock, monkeypatch):
    monkeypatch.setattr("mis_dashboard.lib.brake.MOST_KEYS", 100)
    for number in range(250):
        clock[0] += 10
        SignIn.brake.count((str(number), ""))
    assert len(SignIn.brake._counted) <= 100
