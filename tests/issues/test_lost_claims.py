"""Claims whose answer is lost with the connection to the database."""

from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from issues import claim as claiming
from issues import jobs
from issues.models import Response
from mis_dashboard.database import connect
from mis_dashboard.lib import processes
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def cut():
    """Inside, our connection is dead and nobody has noticed yet."""
    connection.ensure_connection()
    with connect() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    connection.health_check_enabled = False
    yield
    connection.close()


def test_a_claim_on_a_dead_connection_is_an_error_that_its_caller_expects():
    with cut(), pytest.raises(OperationalError):
        claiming.claim(processes.current_id())


def test_a_dead_connection_costs_nobody_their_answer():
    waiting = make.response(make.issue())
    with cut():
        assert jobs._claim().response.pk == waiting.pk


def test_a_claim_whose_answer_is_lost_again_and_again_is_not_left_behind(monkeypatch):
    waiting, claim, lost = make.response(make.issue()), claiming.claim, []

    def claim_and_lose(worker, **how):
        claimed = claim(worker, **how)
        if len(lost) < 2:
            lost.append(claimed.response.pk)
            raise OperationalError("the connection is lost")
        return claimed

    monkeypatch.setattr(claiming, "claim", claim_and_lose)
    assert jobs._claim().response.pk == waiting.pk
    assert lost == [waiting.pk, waiting.pk]
    assert Response.objects.get().state == "writing"  # its deadline is past
