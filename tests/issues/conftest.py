"""The outside world of the stages: the sandbox's servers on loopback, met through our real clients."""

import pytest

from issues import ai, jobs
from mis_dashboard.sandbox.thread import SandboxThread


@pytest.fixture
def box(settings):
    """A sandbox that answers at once, and the settings that lead there."""
    with SandboxThread() as sandbox:
        for name, value in sandbox.environment().items():
            setattr(settings, name, [value] if name in {"GHL_WEBHOOK_SECRET", "GHL_PUBLIC_KEY"} else value)
        ai.forget()
        yield sandbox
    ai.forget()


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """Tests answer by themselves: another thread would not see their uncommitted rows."""
    for pool in (jobs.pool, jobs.judges):
        monkeypatch.setattr(pool, "limit", lambda: 0)
    jobs.to_judge.clear()
