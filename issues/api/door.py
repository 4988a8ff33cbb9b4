"""Who may come in, how a body is read, and what is answered when something is wrong: always JSON, never a trace."""

import json
import logging
from collections.abc import Callable
from functools import wraps
from uuid import uuid4

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser as NinjaParser
from ninja.security import APIKeyHeader, HttpBearer

from mis_dashboard.lib import wire
from mis_dashboard.lib.doors import refuse
from mis_dashboard.lib.ids import uuid7

from .. import programs
from ..models import ApiKey, InboundEvent

log = logging.getLogger("mis.api")

DESCRIPTION = """
What n8n's workflows call. Send an API key (`manage.py apikey NAME` prints one): `Authorization: Bearer KEY` or
`X-API-Key: KEY`. A success has `"success": true`, anything else `"success": false` and an `error` that says what to
write. 429 and 503 mean that nothing was stored: come again after `Retry-After` seconds. Everything may be sent twice.
"""

# What callers of the old API know, when anything that an endpoint needs is missing.
NEEDS = {
    "create": "issue_type is required",
    "action": "issue_id, action_type, and action_description are required",
    "resolve": "issue_id is required",
    "send": "to, message, and issue_id are required",
}
STATUS = {
    programs.NotTheCustomer: 403,
    programs.NotNow: 409,
    programs.NotOnWhatsApp: 422,
    programs.NoChannel: 503,
}


# --- Who comes in -----------------------------------------------------------------------------


class Bearer(HttpBearer):
    """`Authorization: Bearer KEY`."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        return ApiKey.find(token)


class Header(APIKeyHeader):
    """`X-API-Key: KEY`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> ApiKey | None:
        return ApiKey.find(key) if key else None


# --- What they bring ----------------------------------------------------------------------------


class Parser(NinjaParser):
    """JSON, without what PostgreSQL cannot hold."""

    def parse_body(self, request: HttpRequest):
        """Raises wire.Unreadable where the body is broken, without repeating what stood there; that is counted."""
        try:
            return wire.storable(json.loads(request.body))
        except json.JSONDecodeError as error:
            _count(request)
            raise wire.Unreadable("body", _broken(error)) from None
        except UnicodeDecodeError:
            _count(request)
            raise wire.Unreadable("body", "write JSON in UTF-8") from None
        except RecursionError:
            _count(request)
            raise wire.Unreadable("body", wire.TOO_DEEP) from None
        except ValueError:
            _count(request)
            raise wire.Unreadable("body", wire.TOO_LONG) from None


def _broken(error: json.JSONDecodeError) -> str:
    """Where it breaks; and the usual reason, for whoever wrote the workflow."""
    return (
        f"not JSON ({error.msg}, line {error.lineno}, column {error.colno}). In n8n, put the whole body into one "
        "expression, ={{ JSON.stringify({ … }) }}: text joined with + outside of {{ }}, and quotes or line breaks "
        "inside of a text, break it"
    )


def _count(request: HttpRequest) -> None:
    """Kept as an event, so that a broken workflow is seen in the admin."""
    log.warning("unreadable body", extra={"path": request.path, "key": request.auth.name})
    InboundEvent.objects.create(
        source=InboundEvent.Source.API,
        key=f"api:unreadable:{uuid7()}",
        kind="unreadable",
        payload={"path": request.path, "by": request.auth.name},
    )


# --- What is answered when something is wrong -----------------------------------------------------


def unauthorized(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return refuse(401, "Send an API key: Authorization: Bearer KEY, or X-API-Key: KEY")


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first thing that is wrong, by field, in the words that callers of the old API know."""
    first = error.errors[0]
    field = ".".join(str(part) for part in first["loc"][2:] or first["loc"][1:]) or "body"
    if first["type"] == "missing":
        return refuse(400, NEEDS.get(request.path.rsplit("/", 1)[-1], f"{field} is required"), field=field)
    if first["type"] == "value_error":  # one of ours, which says by itself what is wrong
        return refuse(400, f"{field} is {first['msg'].removeprefix('Value error, ')}", field=field)
    return refuse(400, f"{field} is not valid: {first['msg']}", field=field)


def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A clear no. What kept a body from being read is behind ninja's own words."""
    cause = error.__cause__
    if isinstance(cause, wire.Unreadable):
        return refuse(error.status_code, f"Cannot parse the {cause}", field=cause.field)
    if cause is not None:
        return broken(request, cause)
    return refuse(error.status_code, str(error))


def not_said(request: HttpRequest, error: programs.CannotSay) -> HttpResponse:
    response = refuse(STATUS[type(error)], str(error))
    if isinstance(error, programs.NoChannel):
        response["Retry-After"] = "60"
    return response


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """Any address below /api/ that there is not."""
    return refuse(404, "There is nothing here: see /api/docs")


def unknown(request: HttpRequest, error: Exception) -> HttpResponse:
    return refuse(404, str(error) or "There is nothing here: see /api/docs")


def broken(request: HttpRequest, error: BaseException) -> HttpResponse:
    """What nobody expected. The log tells what, under the id; the caller learns nothing of our insides."""
    if isinstance(error, OperationalError | InterfaceError):
        return refuse(429, "Not stored: please send again.")
    if isinstance(error, DataError):
        return refuse(400, "A value in the body is too long or cannot be stored.")
    if isinstance(error, RequestDataTooBig):
        return refuse(413, "The body is too large.")
    request_id = uuid4().hex[:12]
    log.error("request failed", exc_info=error, extra={"request_id": request_id, "path": request.path})
    return refuse(500, "MIS could not do this. Its log says why.", request_id=request_id)


def answer_errors(api: NinjaAPI) -> None:
    """Registers the answer to each kind of error with `api`."""
    answers: dict[type[Exception], Callable] = {
        AuthenticationError: unauthorized,
        ValidationError: invalid,
        HttpError: refused,
        programs.CannotSay: not_said,
        Http404: unknown,
        Exception: broken,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)


def in_json(urls: tuple) -> tuple:
    """Ninja's addresses, where a wrong method too is refused in JSON."""
    patterns, *names = urls
    return ([_in_json(pattern) for pattern in patterns], *names)


def _in_json(pattern: URLPattern) -> URLPattern:
    view = pattern.callback

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        allowed = response["Allow"]
        answer = refuse(405, f"{request.method} is not for this address: send {allowed}")
        answer["Allow"] = allowed
        return answer

    return URLPattern(pattern.pattern, answered, pattern.default_args, pattern.name)
