"""/api/docs: what programs may call, written out from the API's own OpenAPI description."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

JSON = "application/json"
KINDS = {"boolean": "true or false", "object": "object"}
FORMATS = {"uuid": "identifier (UUID)", "date-time": "time in ISO 8601 with its zone"}


class Reference(DocsBase):
    """A page in the product's own design, in English, which works without a script."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **params: Any) -> HttpResponse:
        schema = api.get_openapi_schema(path_params=params)
        return render(
            request,
            "reference.html",
            {
                "about": paragraphs(schema["info"]["description"]),
                "operations": operations(schema, f"{request.scheme}://{request.get_host()}"),
                "schema_url": reverse(f"{api.urls_namespace}:openapi-json"),
            },
        )


def operations(schema: dict[str, Any], origin: str) -> list[dict[str, Any]]:
    """Each address with its method, words, fields, a call with curl, and an answer."""
    shapes = schema["components"]["schemas"]
    return [
        _operation(path, method.upper(), each, shapes, origin)
        for path, methods in schema["paths"].items()
        for method, each in methods.items()
    ]


def _operation(path: str, method: str, found: dict, shapes: dict, origin: str) -> dict[str, Any]:
    body = found.get("requestBody", {}).get("content", {}).get(JSON, {})
    shape = shapes[body["schema"]["$ref"].rsplit("/", 1)[-1]] if body else {}
    needed = set(shape.get("required", []))
    fields = [_field(name, one, needed=name in needed) for name, one in shape.get("properties", {}).items()]
    asked = [_field(one["name"], one["schema"], needed=one["required"]) for one in found["parameters"]]
    return {
        "name": found["operationId"],
        "path": path,
        "method": method,
        "summary": found["summary"],
        "about": paragraphs(shape.get("description", "")) + paragraphs(found.get("description", "")),
        "fields": fields or asked,
        "told": any(field["about"] for field in fields or asked),
        "where": "body" if fields else "query",
        "call": _curl(origin + path, body.get("example")),
        "answer": _pretty(found["responses"][200]["content"][JSON]["example"]),
    }


def paragraphs(text: str) -> list[SafeString]:
    """Those of a docstring, each in one line."""
    return [marked_up(" ".join(part.split())) for part in text.strip().split("\n\n") if part.strip()]


def marked_up(text: str) -> SafeString:
    """What stands between backquotes as code, all of it escaped."""
    parts = (("<code>{}</code>" if place % 2 else "{}", part) for place, part in enumerate(text.split("`")))
    return format_html_join("", "{}", ((format_html(form, part),) for form, part in parts))


def _field(name: str, schema: dict[str, Any], *, needed: bool) -> dict[str, Any]:
    default = schema.get("default")
    return {
        "name": name,
        "kind": kind(schema),
        "needed": needed,
        "default": "" if default in (None, "") else json.dumps(default, ensure_ascii=False).strip('"'),
        "about": marked_up(schema.get("description", "")),
    }


def kind(schema: dict[str, Any]) -> str:
    """What a field may hold, in words: "text, 1 to 100 characters", "a number, 1 to 200", "low or high"."""
    one = next((each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"), schema)
    if choices := one.get("enum") or ([one["const"]] if "const" in one else []):
        return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))
    if one["type"] == "integer":
        return f"whole number, {one['minimum']} to {one['maximum']}"
    if one["type"] == "string":
        return FORMATS.get(one.get("format", ""), "text" + _length(one))
    return KINDS[one["type"]]


def _length(schema: dict[str, Any]) -> str:
    if "maxLength" not in schema:
        return ""
    least, most = schema.get("minLength"), f"{schema['maxLength']:,}"
    return f", {least} to {most} characters" if least else f", at most {most} characters"


def _curl(address: str, body: dict[str, Any] | None) -> str:
    """A call to be pasted into a terminal, with the key in $MIS_KEY."""
    call = f'curl "{address}" \\\n  -H "Authorization: Bearer $MIS_KEY"'
    if body is None:
        return call
    return f"{call} \\\n  -H 'Content-Type: {JSON}' \\\n  -d '{_pretty(body)}'"


def _pretty(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
