"""Who may read figures as JSON, and how a question that cannot be answered is refused."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from issues.models import ApiKey

from .window import BadScope


def answered(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """`view` for a session or an API key: 401 without either, 400 for a BadScope, which names the parameter and what to write."""

    @csrf_exempt  # nothing is changed
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            told = {"error": "method_not_allowed", "detail": "This address tells figures: send GET."}
            return _refused(told, status=405, headers={"Allow": "GET, HEAD"})
        if not request.user.is_authenticated and not _has_key(request):
            return _refused(
                {"error": "unauthorized", "detail": "Log in, or send Authorization: Bearer KEY or X-API-Key: KEY."},
                status=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        try:
            return fresh(view(request))
        except BadScope as error:
            told = {"error": f"bad_{error.field}", "detail": str(error), "allowed": error.allowed}
            return _refused({name: value for name, value in told.items() if value}, status=400)

    return answer


def fresh(response: HttpResponse) -> HttpResponse:
    """Figures are true at one moment: nobody may keep them."""
    response["Cache-Control"] = "no-store"
    return response


def _refused(told: dict, **more) -> HttpResponse:
    return fresh(JsonResponse(told, **more))


def _has_key(request: HttpRequest) -> bool:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    key = bearer.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")
    return bool(key) and ApiKey.find(key) is not None
