import logging

from mis_dashboard.lib.logs import LineFormatter


class Vouched(Exception):
    safe = True


def line(message: str, *args, error: BaseException | None = None, **extra) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("mis.test", logging.INFO, __file__, 1, message, args, exc_info)
    record.created = 1_763_900_000.25
    vars(record).update(extra)
    return LineFormatter().format(record)


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_line_has_its_time_in_utc_and_its_extras():
    assert line("sent %d", 3, issue=7) == "2025-11-23T12:13:20.250Z INFO manage mis.test sent 3 issue=7"


def test_a_message_cannot_begin_a_line_of_its_own():
    assert "\n" not in line("one\ntwo\r", note="a\nb")


def test_an_exception_is_its_class_and_its_places_without_its_text():
    text = line("failed", error=raised(ValueError("Ana Souza, 5511999990000"), cause=KeyError("Rua A")))
    assert "ValueError" in text
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert "Ana" not in text
    assert "Rua" not in text


def test_an_exception_that_vouches_for_its_text_is_quoted():
    assert "Vouched: no key" in line("failed", error=raised(Vouched("no key")))


def test_an_address_that_opens_a_wall_is_cut():
    secret = "Ab0_-" * 8 + "xyz"
    assert secret not in line("Bad Request: %s", f"/wall/{secret}", note=f"http://mis.example/wall/{secret}?a=1")
    assert "/wall/…" in line("Bad Request: %s", f"/wall/{secret}")
    assert "/wall/state" in line("Not Found: /wall/state")
