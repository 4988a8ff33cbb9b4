import json
import os
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from issues import channels
from issues.channels.base import ChannelError, Misconfigured, Refused, Sent, TryLater, Unsure
from issues.channels.evolution.answers import failure, refusal, sent_or_raise
from issues.channels.evolution.client import PAGE, Evolution

ANA = "+5511900000001"
BIA = "+5531988887777"  # has two forms
TEXT = "Oi Ana! Recebemos sua mensagem e já estamos verificando o seu acesso."
NOW = datetime(2026, 11, 20, 13, 5, 20, tzinfo=UTC)
SENT_AT = NOW - timedelta(seconds=8)


class Server:
    """Answers by path with recorded payloads, in their order, and keeps what it was asked."""

    def __init__(self, **answers):
        self.answers = {name: list(replies) for name, replies in answers.items()}
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        reply = self.answers[request.url.path.split("/")[2]].pop(0)
        if isinstance(reply, Exception):
            raise reply
        status, body = reply
        return httpx.Response(status, text=body) if isinstance(body, str) else httpx.Response(status, json=body)

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]

    def client(self, instance="mis-demo", api_key="KEY"):
        return Evolution("https://evolution.test", api_key, instance, httpx.MockTransport(self), clock=lambda: NOW)


# --- Speaking -------------------------------------------------------------------------------


def test_an_accepted_message_is_known_by_its_whatsapp_id(payload):
    server = Server(sendText=[(201, payload("evolution-sendtext-response-201"))])

    assert server.client().send_text(ANA, TEXT) == Sent("3EB0AAAABBBBCCCCDDDD")

    [request] = server.requests
    assert request.method == "POST"
    assert request.url == "https://evolution.test/message/sendText/mis-demo"
    assert request.headers["apikey"] == "KEY"
    assert server.bodies == [{"number": "5511900000001", "text": TEXT, "linkPreview": False}]


def test_an_instance_name_is_quoted_in_the_address(payload):
    server = Server(sendText=[(201, payload("evolution-sendtext-response-201"))])
    server.client(instance="loja nº 1/a").send_text(ANA, TEXT)
    assert server.requests[0].url.raw_path == b"/message/sendText/loja%20n%C2%BA%201%2Fa"


def wrapped(message):
    return {"status": 0, "error": "", "response": {"message": message}}


ANSWERS = [
    (400, "evolution-error-400-number-not-on-whatsapp", Refused, "not_on_whatsapp"),
    (400, "evolution-error-400-v1-body-on-v2", Misconfigured, "bad_request"),
    (400, "evolution-error-400-text-required", Misconfigured, "bad_request"),
    (400, "evolution-error-400-connection-closed", Unsure, "failed_while_sending"),
    (400, wrapped(["TypeError: x is not a function"]), Unsure, "failed_while_sending"),
    (400, wrapped("PrismaClientKnownRequestError: no row"), Unsure, "failed_while_sending"),
    (400, wrapped(["something new"]), Unsure, "unknown_refusal"),
    (400, "<html>400 Bad Request</html>", Unsure, "unknown_refusal"),
    (401, "evolution-error-401-unauthorized", Misconfigured, "unauthorized"),
    (403, wrapped(["This name is already in use."]), Misconfigured, "forbidden"),
    (404, "evolution-error-404-instance-not-found", Misconfigured, "no_such_instance"),
    (404, wrapped(["Cannot POST /message/sendText"]), Misconfigured, "wrong_address"),
    (405, "", Misconfigured, "wrong_address"),
    (301, "", Misconfigured, "wrong_address"),
    (413, "<html>too large</html>", Misconfigured, "bad_request"),
    (429, "", TryLater, "slow_down"),
    (500, "evolution-error-500-connection-closed", TryLater, "not_connected"),
    (500, wrapped(["Connection Closed"]), TryLater, "not_connected"),
    (500, wrapped("Cannot read properties of undefined (reading 'onWhatsApp')"), TryLater, "not_connected"),
    (500, wrapped("timed out"), Unsure, "server_error"),
    (500, wrapped(["Error: Connection Closed"]), Unsure, "server_error"),
    (502, "<html>Bad Gateway</html>", Unsure, "server_error"),
    (503, "evolution-error-503-license-required-2.4", Misconfigured, "licence_required"),
    (503, "<html>Service Unavailable</html>", Unsure, "server_error"),
    (504, "<html>Gateway Timeout</html>", Unsure, "server_error"),
    (418, "", Unsure, "server_error"),
    (201, "evolution-sendtext-response-201-business-channel-failed", Refused, "meta_131047"),
    (201, {"error": {"code": 130429}}, TryLater, "meta_130429"),
    (201, {"error": {"code": 190}}, Misconfigured, "meta_190"),
    (201, {"error": {"code": "what"}}, Refused, "meta_0"),
    (201, "<html>Welcome</html>", Unsure, "unreadable_answer"),
    (201, {"key": {"id": None}}, Unsure, "unreadable_answer"),
    (201, {"key": {"id": "x" * 500}}, Unsure, "unreadable_answer"),
    (201, [], Unsure, "unreadable_answer"),
    (200, {}, Unsure, "unreadable_answer"),
]


@pytest.mark.parametrize(("status", "body", "error", "code"), ANSWERS)
def test_every_answer_that_is_no_success_has_its_class(payload, status, body, error, code):
    if isinstance(body, str) and body.startswith("evolution-"):
        body = payload(body)
    server = Server(sendText=[(status, body)])
    with pytest.raises(error) as caught:
        server.client().send_text(ANA, TEXT)
    assert type(caught.value) is error
    assert caught.value.code == code
    assert caught.value.reason
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("exception", "error", "code"),
    [
        (httpx.ConnectError("refused"), TryLater, "unreachable"),
        (httpx.ConnectTimeout("slow"), TryLater, "unreachable"),
        (httpx.PoolTimeout("full"), TryLater, "busy"),
        (httpx.ReadTimeout("slow"), Unsure, "no_answer"),
        (httpx.WriteTimeout("slow"), Unsure, "no_answer"),
        (httpx.ReadError("reset"), Unsure, "cut_off"),
        (httpx.WriteError("reset"), Unsure, "cut_off"),
        (httpx.RemoteProtocolError("gone"), Unsure, "cut_off"),
        (httpx.LocalProtocolError("header"), Misconfigured, "unusable_address"),
        (httpx.UnsupportedProtocol("ftp"), Misconfigured, "unusable_address"),
    ],
)
def test_without_an_answer_it_matters_whether_our_words_left(exception, error, code):
    with pytest.raises(error) as caught:
        Server(sendText=[exception]).client().send_text(ANA, TEXT)
    assert type(caught.value) is error
    assert caught.value.code == code


def test_a_key_that_no_header_can_hold_is_a_mistake_in_the_set_up():
    with pytest.raises(Misconfigured) as caught:
        Server().client(api_key="chave-é").send_text(ANA, TEXT)
    assert caught.value.code == "unusable_address"


def test_without_settings_nothing_is_called_and_the_error_says_what_to_write(settings):
    settings.EVOLUTION_BASE_URL = settings.EVOLUTION_API_KEY = settings.EVOLUTION_INSTANCE = ""
    assert not channels.configured()
    with pytest.raises(Misconfigured, match="EVOLUTION_API_KEY"):
        channels.channel().send_text(ANA, TEXT)
    assert channels.channel().state() == "unknown"


def test_the_settings_make_one_channel_per_process(settings):
    settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE = "https://e.test", "K", "i"
    assert channels.configured()
    assert channels.channel() is channels.channel()


def test_a_number_not_on_whatsapp_is_tried_once_without_its_ninth_digit(payload):
    absent = (400, payload("evolution-error-400-number-not-on-whatsapp"))
    server = Server(sendText=[absent, (201, payload("evolution-sendtext-response-201"))])
    assert server.client().send_text(BIA, TEXT).channel_id == "3EB0AAAABBBBCCCCDDDD"
    assert [body["number"] for body in server.bodies] == ["5531988887777", "553188887777"]

    server = Server(sendText=[absent, absent])
    with pytest.raises(Refused):
        server.client().send_text(BIA, TEXT)
    assert len(server.requests) == 2


def test_only_a_number_not_on_whatsapp_is_tried_in_another_form(payload):
    server = Server(sendText=[(201, payload("evolution-sendtext-response-201-business-channel-failed"))])
    with pytest.raises(Refused):
        server.client().send_text(BIA, TEXT)
    assert len(server.requests) == 1


def test_errors_and_logs_name_neither_the_customer_nor_the_words(payload, caplog):
    for status, body, _error, _code in ANSWERS:
        answer = payload(body) if isinstance(body, str) and body.startswith("evolution-") else body
        with pytest.raises(ChannelError) as caught:
            Server(sendText=[(status, answer)]).client().send_text(ANA, TEXT)
        assert "900000001" not in str(caught.value)
    assert caplog.records
    assert "900000001" not in caplog.text
    assert TEXT not in caplog.text


@pytest.mark.parametrize("body", [None, 1, "x", [], {}, {"response": 1}, {"response": {"message": {"a": 1}}}])
@pytest.mark.parametrize("status", [400, 401, 404, 418, 500, 503])
def test_a_body_of_any_shape_has_a_class(status, body):
    assert refusal(status, body).code
    with pytest.raises(Unsure):
        sent_or_raise(201, body)


def test_an_unknown_failure_of_the_line_is_unsure():
    assert type(failure(httpx.DecodingError("gzip"))) is Unsure


# --- Looking --------------------------------------------------------------------------------


def found(*records, pages=1):
    return 200, {"messages": {"total": len(records), "pages": pages, "currentPage": 1, "records": list(records)}}


def record(message_id, text=TEXT, jid="5511900000001@s.whatsapp.net", **key):
    key = {"id": message_id, "remoteJid": jid, "fromMe": True, **key}
    return {"key": key, "message": {"conversation": text}, "messageTimestamp": 1795179912}


def test_a_message_that_went_out_is_found_by_text_recipient_and_time(payload):
    server = Server(findMessages=[(200, payload("evolution-find-messages-response"))])

    assert server.client().find_sent(ANA, TEXT, SENT_AT) == Sent("3EB0AAAABBBBCCCCDDDD")

    assert server.requests[0].url.path == "/chat/findMessages/mis-demo"
    # Without the recipient, which does not find what is stored under a hidden id; from 60 s before to 60 s after now.
    window = {"gte": "2026-11-20T13:04:12.000Z", "lte": "2026-11-20T13:06:20.000Z"}
    assert server.bodies == [
        {"where": {"key": {"fromMe": True}, "messageTimestamp": window}, "page": 1, "offset": PAGE}
    ]


def test_a_message_that_did_not_go_out_is_certainly_not_there(payload):
    server = Server(findMessages=[(200, payload("evolution-find-messages-response-empty"))])
    assert server.client().find_sent(ANA, TEXT, SENT_AT) is None


def test_other_words_and_other_people_are_not_what_we_sent():
    other = record("A", text="Outra coisa"), record("B", jid="5511900000002@s.whatsapp.net"), record("C", jid="1@g.us")
    assert Server(findMessages=[found(*other)]).client().find_sent(ANA, TEXT, SENT_AT) is None


def test_the_recipient_is_known_in_both_brazilian_forms_and_by_the_other_address():
    short = record("A", jid="553188887777@s.whatsapp.net")
    assert Server(findMessages=[found(short)]).client().find_sent(BIA, TEXT, SENT_AT) == Sent("A")
    hidden = record("B", jid="100000000000001@lid", remoteJidAlt="5531988887777@s.whatsapp.net")
    assert Server(findMessages=[found(hidden)]).client().find_sent(BIA, TEXT, SENT_AT) == Sent("B")


def test_blanks_and_line_ends_do_not_hide_a_message():
    sent = record("A", text="Olá!\nJá vamos ver. ")
    assert Server(findMessages=[found(sent)]).client().find_sent(ANA, "Olá!\r\n Já vamos ver.", SENT_AT) == Sent("A")


def test_a_text_that_is_said_twice_is_found_twice():
    server = Server(findMessages=[found(record("NEW"), record("OLD"))] * 2)
    client = server.client()
    assert client.find_sent(ANA, TEXT, SENT_AT) == Sent("NEW")
    assert client.find_sent(ANA, TEXT, SENT_AT, except_ids={"NEW"}) == Sent("OLD")


def test_all_pages_are_read():
    server = Server(findMessages=[found(record("A", text="x"), pages=2), found(record("B"), pages=2)])
    assert server.client().find_sent(ANA, TEXT, SENT_AT) == Sent("B")
    assert [body["page"] for body in server.bodies] == [1, 2]


def test_more_than_can_be_read_is_no_proof_of_absence():
    server = Server(findMessages=[found(record("A", text="x"), pages=999)] * 50)
    with pytest.raises(Unsure) as caught:
        server.client().find_sent(ANA, TEXT, SENT_AT)
    assert caught.value.code == "too_many_to_look_through"
    assert len(server.requests) == 20


def test_a_hidden_recipient_is_asked_for():
    hidden = found(record("A", jid="100000000000001@lid"))
    mine = [{"jid": "5511900000001@s.whatsapp.net", "exists": True, "lid": "100000000000001@lid"}]
    server = Server(findMessages=[hidden], whatsappNumbers=[(200, mine)])
    assert server.client().find_sent(ANA, TEXT, SENT_AT) == Sent("A")
    assert server.bodies[1] == {"numbers": ["5511900000001"]}

    another = [{"jid": "5511900000001@s.whatsapp.net", "exists": True, "lid": "100000000000009@lid"}]
    server = Server(findMessages=[hidden], whatsappNumbers=[(200, another)])
    assert server.client().find_sent(ANA, TEXT, SENT_AT) is None


def test_a_message_to_nobody_knows_whom_leaves_it_open():
    mine = [{"jid": "5511900000001@s.whatsapp.net", "exists": True, "lid": "100000000000001@lid"}]
    server = Server(findMessages=[found(record("A", jid=""))], whatsappNumbers=[(200, mine)])
    with pytest.raises(Unsure):
        server.client().find_sent(ANA, TEXT, SENT_AT)


@pytest.mark.parametrize("jid", ["100000000000001@lid", ""])
def test_a_recipient_who_stays_hidden_leaves_it_open(payload, jid):
    people = (200, payload("evolution-whatsapp-numbers-response"))  # tells no hidden ids
    server = Server(findMessages=[found(record("A", jid=jid))], whatsappNumbers=[people])
    with pytest.raises(Unsure) as caught:
        server.client().find_sent(ANA, TEXT, SENT_AT)
    assert caught.value.code == "recipient_hidden"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        (401, wrapped("Unauthorized")),
        (500, wrapped("Connection Closed")),
        (200, "<html>"),
        (200, {"instance": {"state": "open"}}),
        (200, {"messages": {"records": None, "pages": 1}}),
        (200, {"messages": {"records": [], "pages": None}}),
        found({"no": "key"}),
        found("nothing"),
    ],
)
def test_who_cannot_look_stays_unsure_whatever_the_reason(answer):
    with pytest.raises(Unsure) as caught:
        Server(findMessages=[answer]).client().find_sent(ANA, TEXT, SENT_AT)
    assert type(caught.value) is Unsure


# --- State ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, {"instance": {"instanceName": "mis-demo", "state": "connecting"}}), "connecting"),
        ((200, {"instance": {"instanceName": "mis-demo", "state": "close"}}), "close"),
        ((200, {"instance": {"instanceName": "mis-demo"}}), "unknown"),
        ((200, {"instance": {"state": ["open"]}}), "unknown"),
        ((200, "<html>"), "unknown"),
        ((404, wrapped(["The x instance does not exist"])), "unknown"),
        (httpx.ConnectError("refused"), "unknown"),
    ],
)
def test_the_state_is_unknown_when_it_cannot_be_asked(answer, state):
    assert Server(connectionState=[answer]).client().state() == state


def test_an_open_connection_is_open(payload):
    server = Server(connectionState=[(200, payload("evolution-connection-state-response"))])
    assert server.client().state() == "open"
    assert server.requests[0].method == "GET"


# --- The line -------------------------------------------------------------------------------


def test_a_forked_process_has_a_client_of_its_own():
    from mis_dashboard.lib import http

    made = []
    line = http.PerProcess(lambda: made.append(http.client("https://e.test")) or made[-1])
    parents = line()
    assert line() is parents
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"own" if line() is not parents and not parents.is_closed else b"same")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"own"
    assert line() is parents
    os.close(reader)
    os.close(writer)


def test_clients_are_bounded_and_follow_nobody(monkeypatch):
    from mis_dashboard.lib import http

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    client = http.client("https://e.test", {"apikey": "K"}, timeout_s=20, connect_s=3)
    assert client.timeout == httpx.Timeout(connect=3, read=20, write=20, pool=2)
    assert not client.follow_redirects
    assert not client.trust_env


def test_httpx_does_not_log_the_addresses_it_calls(payload, caplog):
    caplog.set_level("INFO")
    server = Server(sendText=[(201, payload("evolution-sendtext-response-201"))])
    server.client().send_text(ANA, TEXT)
    assert "evolution.test" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ((200, {"status": 200, "version": "2.2.3"}), ""),
        ((200, {"status": 200, "version": "2.3.7"}), ""),
        ((200, {"status": 200, "version": "1.8.2"}), "1.8.2"),
        ((200, {"status": 200, "version": "2.4.0-rc2"}), "2.4.0-rc2"),
        ((200, {"status": 200}), ""),
        ((200, "<html>"), ""),
        ((503, {"code": "LICENSE_REQUIRED"}), ""),
        (httpx.ConnectError("refused"), ""),
    ],
)
def test_a_server_of_a_version_that_we_do_not_know_says_so(answer, version):
    def banner(request):
        assert request.url.path == "/"
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx.Response(status, text=body) if isinstance(body, str) else httpx.Response(status, json=body)

    client = Evolution("https://evolution.test", "KEY", "mis-demo", httpx.MockTransport(banner))
    assert client.unfamiliar() == version


@pytest.mark.parametrize("answer", [a for a in ANSWERS if a[2] is Misconfigured], ids=lambda answer: str(answer[3]))
def test_every_code_of_a_wrong_set_up_is_known_as_one(answer):
    assert answer[3] in channels.MISCONFIGURED
