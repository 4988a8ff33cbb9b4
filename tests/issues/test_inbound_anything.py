"""Whatever JSON a stranger sends, a parser answers with what it understood or with Unreadable, and with nothing else."""

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from issues.channels.evolution import inbound as evolution
from issues.crm.ghl import inbound as ghl

NOW = datetime(2026, 11, 20, 13, 5, 20, tzinfo=UTC)

THOROUGH = settings(max_examples=200, deadline=None, database=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def some(names: str, values):
    """Objects with some of the named fields, so that chance reaches the inside of the parsers."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names.split(), values))


def understood(parse, body, unreadable):
    """What `parse` makes of `body`; None when it refuses, for which it must give a field and a problem."""
    try:
        return parse(body)
    except unreadable as error:
        return None if error.field and error.problem else error


# --- GoHighLevel ----------------------------------------------------------------------------

PLACE = some(
    "id body name phone message priority event_id messageId issue_type occurred_at attachments type direction", JSON
)
WORKFLOW = st.builds(
    lambda said, rest, nested: rest | nested | said,
    st.fixed_dictionaries({"message": JSON | PLACE, "contact_id": st.just("C") | JSON}),
    some("phone priority tags full_name event_id occurred_at attachments", JSON),
    some("customData contact location workflow", PLACE | JSON),
)
TYPES = st.sampled_from(["InboundMessage", "OutboundMessage", "ContactUpdate", "TaskCreate", "New"])
APP = st.builds(
    lambda known, rest: rest | known,
    st.fixed_dictionaries({"type": TYPES | JSON, "locationId": st.just("L") | JSON}),
    some("webhookId messageId contactId body phone name messageType dateAdded direction attachments tags data", JSON),
)


def fits(event):
    """Whether the event's texts can be stored where they belong."""
    texts = (event.key, event.text, event.name, event.kind, event.location, event.contact_id, *event.tags)
    assert event.key.startswith("ghl:")
    assert len(event.key) <= 128
    assert len(event.text) <= 20_000
    assert not any("\x00" in text for text in texts)
    assert all(text.encode() or text == "" for text in texts)


@given(JSON | APP)
@THOROUGH
def test_any_json_is_an_app_event_or_unreadable(body):
    event = understood(ghl.parse_app, body, ghl.Unreadable)
    assert event is None or isinstance(event, ghl.Event)
    if event:
        fits(event)


@given(JSON | WORKFLOW)
@THOROUGH
def test_any_json_is_a_workflows_event_or_unreadable(body):
    event = understood(lambda given: ghl.parse_workflow(given, now=NOW), body, ghl.Unreadable)
    assert event is None or isinstance(event, ghl.Event)
    if event:
        fits(event)


# --- Evolution ------------------------------------------------------------------------------

JIDS = st.sampled_from(["1@lid", "5511900000001@s.whatsapp.net", "1@g.us"])
KEY = st.builds(
    lambda known, rest: rest | known,
    st.fixed_dictionaries({"id": st.just("3A") | JSON}),
    some("remoteJid remoteJidAlt fromMe senderPn previousRemoteJid", JIDS | JSON),
)
MESSAGE = some(
    "conversation extendedTextMessage imageMessage ephemeralMessage reactionMessage",
    JSON | some("text caption message", JSON),
)
DATA = st.builds(
    lambda key, message, rest: rest | {"key": key, "message": message},
    KEY | JSON,
    MESSAGE | JSON,
    some("keyId id status state pushName messageTimestamp fromMe remoteJid", JSON),
)
EVENTS = ["messages.upsert", "messages.update", "send.message", "connection.update", "status.instance", "other"]
BODY = st.fixed_dictionaries(
    {"event": st.sampled_from(EVENTS) | JSON, "instance": st.just("mis-demo") | JSON, "data": DATA | JSON},
    optional={"date_time": JSON},
)


@given(JSON | BODY)
@THOROUGH
def test_any_json_is_evolutions_news_or_unreadable(body):
    news = understood(evolution.parse, body, evolution.Unreadable)
    assert news is None or isinstance(news, evolution.Inbound)
    if news:
        assert 0 < len(news.key) <= 128
        assert news.key.encode()
        assert json.dumps(evolution.stripped(body), allow_nan=False)
