import httpx
import pytest

from issues.crm.ghl.client import GHL, Contact, Misconfigured, TryLater, configured, crm

CONTACT = {"contact": {"id": "C1", "name": "ana exemplo", "firstName": "Ana", "phone": "+55 11 8888-7777"}}


def ghl(answer, token="TOKEN", seen=None):
    def handle(request):
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return GHL("https://crm.test", token, httpx.MockTransport(handle))


def test_a_contact_is_a_canonical_phone_and_a_name():
    seen = []
    client = ghl(httpx.Response(200, json=CONTACT), seen=seen)
    assert client.phone_of("C1/2") == Contact(phone="+5511988887777", name="ana exemplo")
    [request] = seen
    assert request.method == "GET"
    assert request.url.raw_path == b"/contacts/C1%2F2"
    assert request.headers["Authorization"] == "Bearer TOKEN"
    assert request.headers["Version"] == "2021-07-28"


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ({"firstName": "Ana", "lastName": "Exemplo", "phone": None}, Contact(None, "Ana Exemplo")),
        ({"phone": "ramal 2"}, Contact(None, "")),
        ({"phone": 5, "name": ["x"]}, Contact(None, "")),
    ],
)
def test_a_contact_may_lack_phone_and_name(contact, expected):
    assert ghl(httpx.Response(200, json={"contact": contact})).phone_of("C1") == expected


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_contact_that_does_not_exist_is_none(status):
    assert ghl(httpx.Response(status, json={"message": "Contact not found"})).phone_of("C1") is None


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (httpx.Response(403, json={}), Misconfigured, "unauthorized"),
        (httpx.Response(301), Misconfigured, "wrong_address"),
        (httpx.Response(405), Misconfigured, "wrong_address"),
        (httpx.Response(500, text="oops"), TryLater, "server_error"),
        (httpx.Response(503), TryLater, "server_error"),
        (httpx.Response(200, text="<html>"), TryLater, "unreadable_answer"),
        (httpx.Response(200, json=[]), TryLater, "unreadable_answer"),
        (httpx.Response(200, json={"contact": None}), TryLater, "unreadable_answer"),
        (httpx.ConnectError("refused"), TryLater, "unreachable"),
        (httpx.ReadTimeout("slow"), TryLater, "unreachable"),
        (httpx.RemoteProtocolError("gone"), TryLater, "unreachable"),
        (httpx.UnsupportedProtocol("ftp"), Misconfigured, "unusable_address"),
    ],
)
def test_every_other_answer_says_what_to_do(answer, error, code):
    with pytest.raises(error) as caught:
        ghl(answer).phone_of("C1")
    assert caught.value.code == code
    assert caught.value.reason


def test_a_refused_token_needs_a_person(payload):
    with pytest.raises(Misconfigured) as caught:
        ghl(httpx.Response(401, json=payload("ghl-error-401"))).phone_of("C1")
    assert caught.value.code == "unauthorized"


def test_too_many_requests_say_how_long_to_wait(payload):
    limits = {"X-RateLimit-Interval-Milliseconds": "10000"}
    with pytest.raises(TryLater) as caught:
        ghl(httpx.Response(429, json=payload("ghl-error-429"), headers=limits)).phone_of("C1")
    assert caught.value.wait_s == 10
    with pytest.raises(TryLater) as caught:
        ghl(httpx.Response(429)).phone_of("C1")
    assert caught.value.wait_s is None


def test_logs_and_errors_do_not_name_the_contact(caplog):
    with pytest.raises(TryLater) as caught:
        ghl(httpx.Response(500)).phone_of("CONTACT-ID")
    assert caplog.records
    assert "CONTACT-ID" not in caplog.text + str(caught.value)


def test_without_a_token_nothing_is_called(settings):
    settings.GHL_API_TOKEN = ""
    assert not configured()
    with pytest.raises(Misconfigured, match="GHL_API_TOKEN"):
        crm().phone_of("C1")
    settings.GHL_API_TOKEN = "TOKEN"
    assert configured()
    assert crm() is crm()


def test_a_token_that_no_header_can_hold_is_a_mistake_in_the_set_up():
    with pytest.raises(Misconfigured):
        ghl(httpx.Response(200), token="é").phone_of("C1")
