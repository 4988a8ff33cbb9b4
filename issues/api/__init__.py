"""The API for programs: described at /api/docs, opened by an API key. Its callers are n8n's workflows."""

from ninja import NinjaAPI

from . import actions, door, issues, messages, whatsapp
from .reference import Reference

api = NinjaAPI(
    title="MIS",
    version="1.0",
    description=door.DESCRIPTION,
    auth=[door.Bearer(), door.Header()],
    parser=door.Parser(),
    urls_namespace="api",
    docs=Reference(),
    docs_url="/docs",
)
door.answer_errors(api)
for part in (issues, actions, whatsapp, messages):
    api.add_router("", part.router)

urls = door.in_json(api.urls)
