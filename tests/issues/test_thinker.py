"""Which backend thinks, when its library is loaded, and how the deadline behaves when threads run out."""

import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from issues import ai
from issues.ai.base import Asker, Misconfigured, Prompt, Turn, Unavailable
from issues.ai.deadline import Full, Threads, within
from issues.ai.genai import GenAI
from issues.ai.generativeai import GenerativeAI, prepare_session

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_thinker():
    ai.forget()
    yield
    ai.forget()


@pytest.mark.parametrize(("name", "kind"), [("google-generativeai", GenerativeAI), ("google-genai", GenAI)])
def test_the_settings_say_who_thinks_and_there_is_one(settings, name, kind):
    settings.AI_BACKEND, settings.GEMINI_API_KEY = name, "key"
    assert ai.configured()
    assert type(ai.thinker()) is kind
    assert ai.thinker() is ai.thinker()


def test_many_first_calls_at_once_make_one_thinker(settings):
    settings.AI_BACKEND, settings.GEMINI_API_KEY = "google-genai", "key"
    together = threading.Barrier(8)
    with ThreadPoolExecutor(8) as callers:
        calls = [callers.submit(lambda: (together.wait(5), ai.thinker())) for _ in range(8)]
    assert len({id(call.result()[1]) for call in calls}) == 1


def test_without_a_key_nobody_thinks(settings):
    settings.GEMINI_API_KEY = ""
    assert not ai.configured()
    with pytest.raises(Misconfigured):
        ai.thinker()


def test_a_library_is_loaded_only_on_demand_and_says_nothing():
    code = """
import sys
import issues.ai, issues.ai.prompts
assert not {"google.generativeai", "google.genai"} & set(sys.modules), "loaded too early"
import issues.ai.generativeai, issues.ai.genai
import threading
assert threading.active_count() == 1, "a thread would not survive the fork"
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_library_that_hides_its_session_still_works(caplog):
    prepare_session(object(), "http://127.0.0.1:1")
    assert "hides its session" in caplog.text


def test_a_fault_that_nobody_foresaw_is_unavailable_and_quotes_nothing(caplog):
    class Broken(Asker):
        def _ask(self, prompt, model, timeout_s):
            raise KeyError(prompt.turns[0].text)

        def _named(self, error):
            return None

    with pytest.raises(Unavailable, match="KeyError"):
        Broken().think(Prompt("regras", (Turn("customer", "JACARANDA"),)), model="m", timeout_s=1)
    assert "JACARANDA" not in caplog.text


def test_a_call_returns_what_it_returns_and_raises_what_it_raises():
    assert within(1, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(1, lambda: 1 / 0)


def test_a_thread_is_used_again():
    threads = Threads()
    assert len({threads.run(threading.get_ident, 1) for _ in range(20)}) == 1


def test_calls_that_were_given_up_hold_their_thread_until_they_end():
    threads, ended = Threads(limit=2), threading.Event()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            threads.run(lambda: ended.wait(5), 0.01)
    with pytest.raises(Full):
        threads.run(lambda: 7, 1)
    ended.set()
    # Both threads take calls again: two calls that wait for each other can only end together.
    together = threading.Barrier(2)
    other = threading.Thread(target=_retry, args=(threads, lambda: together.wait(5)))
    other.start()
    _retry(threads, lambda: together.wait(5))
    other.join(5)
    assert not other.is_alive()


def _retry(threads, call):
    """Runs `call` as soon as a thread is free."""
    while True:
        try:
            return threads.run(call, 5)
        except Full:
            continue


def _ask_in_child():
    sys.exit(0 if within(2, lambda: 7) == 7 else 1)


def test_a_forked_process_has_threads_of_its_own():
    within(1, lambda: None)  # the parent has an idle thread, which the child must not count on
    child = multiprocessing.get_context("fork").Process(target=_ask_in_child)
    child.start()
    child.join(10)
    assert child.exitcode == 0
