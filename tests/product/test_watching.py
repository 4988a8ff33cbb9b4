"""The running product, looked at from outside: how long its answers took, and what Prometheus is told."""

import http.client
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.product import Product

pytestmark = pytest.mark.timeout(240)
TIMED = [("GET /login/", 3, 0), ("POST /api/webhooks/ghl", 1, 1), ("other", 1, 1)]
STORED = "SELECT route, sum(n), sum(refused) FROM metrics_timing GROUP BY route ORDER BY route"
TOKEN = "a-token-of-this-test"


def ask(product: Product, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    asking = http.client.HTTPConnection("127.0.0.1", product.port, timeout=10)
    asking.request(method, path, headers=headers or {})
    answer = asking.getresponse()
    return answer.status, answer.read()


def test_requests_are_timed_and_prometheus_is_told_how_it_stands():
    with Product({"METRICS_TOKEN": TOKEN}, workers=1) as product:
        for _ in range(3):
            assert ask(product, "GET", "/login/")[0] == 200
        assert ask(product, "POST", "/api/webhooks/ghl")[0] == 401
        assert ask(product, "GET", "/5511900000001")[0] == 404
        deadline = time.monotonic() + 30
        while product.rows(STORED) != TIMED:
            assert time.monotonic() < deadline, product.rows(STORED)
            time.sleep(0.2)

        assert ask(product, "GET", "/metrics")[0] == 401
        status, text = ask(product, "GET", "/metrics", {"Authorization": f"Bearer {TOKEN}"})
        assert status == 200
        samples = [s for family in text_string_to_metric_families(text.decode()) for s in family.samples]
        roles = {s.labels["role"]: s.value for s in samples if s.name == "mis_processes"}
        assert (roles["web"], roles["clock"]) == (1, 1)
        assert roles["worker"] >= 1
