"""The sign-in, which slows down whoever guesses."""

import time
from collections import deque

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext

WRONG, WITHIN_S = 10, 600.0
MOST_KEYS = 10_000


class Brake:
    """Counts what went wrong by key, in this process; after `most` within `within_s` seconds there is a time to wait."""

    def __init__(self, most: int = WRONG, within_s: float = WITHIN_S, clock=time.monotonic):
        self.most, self.within_s, self.clock = most, within_s, clock
        self._wrong: dict[tuple, deque[float]] = {}

    def count(self, key: tuple) -> None:
        if len(self._wrong) >= MOST_KEYS:
            self._wrong = {old: times for old, times in self._wrong.items() if self._lately(times)}
        self._wrong.setdefault(key, deque(maxlen=self.most)).append(self.clock())

    def wait_s(self, key: tuple) -> float:
        """How long until it may be tried again; 0 at once."""
        times = self._wrong.get(key, ())
        return max(0.0, times[0] + self.within_s - self.clock()) if len(times) == self.most else 0.0

    def forget(self, key: tuple) -> None:
        self._wrong.pop(key, None)

    def _lately(self, times: deque[float]) -> bool:
        return times[-1] + self.within_s > self.clock()


class SignIn(LoginView):
    """By name and password. After ten wrong ones for a name from an address within ten minutes: 429, whether there is such a user or not."""

    redirect_authenticated_user = True
    brake = Brake()

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if wait_s := self.brake.wait_s(self._key):
            return self._slowed(wait_s)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form) -> HttpResponse:
        self.brake.forget(self._key)
        return super().form_valid(form)

    def form_invalid(self, form) -> HttpResponse:
        self.brake.count(self._key)
        return super().form_invalid(form)

    @property
    def _key(self) -> tuple[str, str]:
        name = self.request.POST.get("username", "").strip().lower()[:150]
        return name, self.request.META.get("REMOTE_ADDR", "")

    def _slowed(self, wait_s: float) -> HttpResponse:
        minutes = int(wait_s // 60) + 1
        text = ngettext(
            "Too many wrong passwords. Try again in %(n)s minute.",
            "Too many wrong passwords. Try again in %(n)s minutes.",
            minutes,
        )
        response = self.render_to_response(
            self.get_context_data(form=self.form_class(self.request), slowed=text % {"n": minutes})
        )
        response.status_code = 429
        response["Retry-After"] = str(int(wait_s) + 1)
        return response
