import asyncio
import json
import threading

from django.http import JsonResponse

from mis_dashboard.lib.doors import Doors, refuse

SCOPE = {"type": "http", "method": "POST", "path": "/door", "headers": [(b"x-secret", b"s")], "query_string": b""}


def echo(request):
    return JsonResponse({"said": request.body.decode(), "secret": request.headers["X-Secret"]})


async def knock(doors: Doors, *parts: bytes) -> tuple[int, dict, dict]:
    """Status, headers and body of what a door answers to a body that comes in parts."""
    coming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    coming.append({"type": "http.request", "body": b"", "more_body": False})
    went: list[dict] = []

    async def receive():
        return coming.pop(0)

    async def send(message):
        went.append(message)

    await doors(SCOPE, receive, send)
    start, body = went
    assert not coming
    return start["status"], dict(start["headers"]), json.loads(body["body"])


async def test_a_body_in_parts_reaches_the_view_whole():
    status, headers, body = await knock(Doors({"/door": echo}, max_bytes=100), b"o", b"i")
    assert (status, body) == (200, {"said": "oi", "secret": "s"})
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"content-length"] == str(len(json.dumps(body))).encode()


async def test_a_body_that_is_too_large_is_refused_and_not_kept():
    called = []
    doors = Doors({"/door": called.append}, max_bytes=1024)
    status, _headers, body = await knock(doors, *[b"x" * 512] * 100)
    assert (status, body["error"], called) == (413, "The body is larger than 1 KB.", [])


async def test_whoever_comes_when_too_many_wait_is_told_to_come_again():
    go_on = threading.Event()

    def slow(request):
        go_on.wait(10)
        return echo(request)

    doors = Doors({"/door": slow}, max_bytes=100, threads=1, waiting=2)
    first = [asyncio.create_task(knock(doors, b"a")) for _ in range(2)]
    while doors.inside.total() < 2:
        await asyncio.sleep(0)
    status, headers, _body = await knock(doors, b"b")
    assert (status, headers[b"retry-after"]) == (429, b"30")
    go_on.set()
    assert [status for status, _headers, _body in await asyncio.gather(*first)] == [200, 200]
    assert (await knock(doors, b"c"))[0] == 200


async def test_a_crowd_from_one_sender_holds_up_nobody_else():
    go_on, order = threading.Event(), []

    def noted(request):
        go_on.wait(10)
        order.append(request.body)
        return echo(request)

    doors = Doors({"/door": noted}, max_bytes=100, sender=lambda body: body[:1].decode(), threads=1)
    crowd = [asyncio.create_task(knock(doors, b"a%d" % number)) for number in range(5)]
    while doors.inside.total() < 5:
        await asyncio.sleep(0)
    quiet = [asyncio.create_task(knock(doors, b"b%d" % number)) for number in range(2)]
    while doors.inside.total() < 7:
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*crowd, *quiet)
    assert order == [b"a0", b"a1", b"b0", b"a2", b"b1", b"a3", b"a4"]
    assert not doors.inside


async def test_one_sender_may_fill_only_its_own_waiting_room():
    go_on = threading.Event()

    def slow(request):
        go_on.wait(10)
        return echo(request)

    doors = Doors({"/door": slow}, max_bytes=100, sender=lambda body: body[:1].decode(), threads=1, waiting=2)
    first = [asyncio.create_task(knock(doors, b"a")) for _ in range(2)]
    while doors.inside.total() < 2:
        await asyncio.sleep(0)
    assert (await knock(doors, b"a"))[0] == 429
    other = asyncio.create_task(knock(doors, b"b"))
    while doors.inside.total() < 3:
        await asyncio.sleep(0)
    go_on.set()
    assert [status for status, _headers, _body in await asyncio.gather(*first, other)] == [200, 200, 200]


def test_only_doors_are_doors():
    doors = Doors({"/door": echo}, max_bytes=100)
    assert "/door" in doors
    assert "/admin/" not in doors


async def test_after_a_view_could_not_serve_nobody_waits_for_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("mis_dashboard.lib.doors.time.monotonic", lambda: now[0])
    called = []

    def away(request):
        called.append(request)
        return refuse(429, "Not stored: please deliver again.")

    doors = Doors({"/door": away}, max_bytes=100)
    assert [(await knock(doors, b"a"))[0] for _ in range(3)] == [429, 429, 429]
    assert len(called) == 1
    now[0] += 1.1
    await knock(doors, b"a")
    assert len(called) == 2
