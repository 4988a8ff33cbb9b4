"""An answer in many parts goes out at the pace of who reads it."""

import asyncio
from functools import partial

from mis_dashboard.lib.steady import steadily


class Channel:
    """A client's connection, as far as we use Twisted's."""

    def __init__(self):
        self.aborted = False

    def forceAbortClient(self):
        self.aborted = True


class Request:
    """A request of daphne's: what is written to it, and who wants to hear whether there is room."""

    def __init__(self):
        self.channel = Channel()
        self.producer = None
        self.written = []

    def registerProducer(self, producer, streaming):
        assert streaming
        self.producer = producer

    def unregisterProducer(self):
        self.producer = None


async def write(request, message):
    request.written.append(message)


async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    for part in (b"1", b"2", b"3"):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


async def turns():
    for _ in range(5):
        await asyncio.sleep(0)


class Full(Request):
    """One whose connection has no room from the first part on."""

    def registerProducer(self, producer, streaming):
        super().registerProducer(producer, streaming)
        producer.pauseProducing()


async def test_it_waits_while_the_client_has_no_room():
    request = Full()
    task = asyncio.create_task(steadily(answer)({}, None, partial(write, request)))
    await turns()
    assert [message.get("body") for message in request.written] == [None, b"1"]
    request.producer.resumeProducing()
    await task
    assert [message.get("body") for message in request.written] == [None, b"1", b"2", b"3", None]
    assert request.producer is None


async def test_who_does_not_read_for_long_is_cut_off():
    request = Full()
    await steadily(answer, patience_s=0.01)({}, None, partial(write, request))
    assert request.channel.aborted


async def test_a_client_that_has_gone_is_waited_for_no_longer():
    request = Request()
    request.channel = None
    await steadily(answer)({}, None, partial(write, request))
    assert len(request.written) == 5


async def test_a_short_answer_and_any_other_server_are_left_alone():
    request = Request()

    async def short(scope, receive, send):
        await send({"type": "http.response.body", "body": b"all"})
        assert request.producer is None

    await steadily(short)({}, None, partial(write, request))
    sent = []

    async def plain(message):
        sent.append(message)

    await steadily(answer)({}, None, plain)
    assert len(sent) == 5
