"""The sign-in, which slows down whoever guesses."""

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext

from .lib.brake import Brake

WRONG, WITHIN_S = 10, 600.0


class SignIn(LoginView):
    """By name and password. After ten wrong ones for a name from an address within ten minutes: 429, whether there is such a user or not."""

    redirect_authenticated_user = True
    brake = Brake(WRONG, WITHIN_S)

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
