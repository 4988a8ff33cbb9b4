"""The product speaks Portuguese: nothing is left in English, and nothing is lost on the way."""

import re
from datetime import date

import polib
import pytest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, override

from issues import escalate, wording
from issues.admin import words
from issues.ai import base as ai
from issues.ai import forms
from issues.channels.evolution import answers
from issues.models.response import State
from tests.support import make
from tests.web import admin_tools, marked_strings

FOLDER = marked_strings.ROOT / "locale/pt_BR/LC_MESSAGES"
PO = polib.pofile(str(FOLDER / "django.po"))
REASONS = [value for name, value in vars(escalate).items() if name.isupper() and isinstance(value, str)]

BLANKS = re.compile(r"\{\w*\}|%\(\w+\)[sd]|%[sd]")
MARKUP = re.compile(r"<[^<>]+>")
ENDING = re.compile(r"(?:[.:?…]|\s)$")


def strings(entry) -> list[tuple[str, str]]:
    """Pairs of a source string and what stands for it. Portuguese counts 0 in the singular, so both forms have the number."""
    if entry.msgid_plural:
        return [(entry.msgid_plural, text) for text in entry.msgstr_plural.values()]
    return [(entry.msgid, entry.msgstr)]


def differing(pattern: re.Pattern) -> list[tuple[str, str]]:
    """The pairs that do not hold the same matches of the pattern, in whatever order."""
    pairs = [pair for entry in PO for pair in strings(entry)]
    return [(a, b) for a, b in pairs if sorted(pattern.findall(a)) != sorted(pattern.findall(b))]


def content(entries) -> dict:
    return {(entry.msgid, entry.msgid_plural): entry.msgstr or entry.msgstr_plural for entry in entries}


# --- The files ------------------------------------------------------------------------------


def test_every_string_is_translated():
    assert [entry.msgid for entry in PO.untranslated_entries()] == []
    assert [entry.msgid for entry in PO.fuzzy_entries()] == []
    assert [entry.msgid for entry in PO.obsolete_entries()] == []


def test_what_is_compiled_is_what_is_written():
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    assert content(compiled) == content(PO), "run scripts/messages"
    assert compiled.metadata["Plural-Forms"] == PO.metadata["Plural-Forms"] == "nplurals=2; plural=(n > 1);"


def test_the_translated_strings_are_those_that_the_sources_mark():
    marked = marked_strings.marked()
    known = {(entry.msgid, entry.msgid_plural) for entry in PO}
    assert {string: where for string, where in marked.items() if string not in known} == {}, "run scripts/messages"
    assert known - marked.keys() == set(), "run scripts/messages"


@pytest.mark.parametrize("pattern", [BLANKS, MARKUP, ENDING], ids=["blanks", "markup", "ending"])
def test_a_translation_keeps_what_its_source_has(pattern):
    assert any(pattern.search(entry.msgid) for entry in PO)
    assert differing(pattern) == []


# --- What is stored in English ----------------------------------------------------------------


@pytest.mark.parametrize("reason", REASONS)
def test_an_escalation_reason_is_shown_in_portuguese(reason):
    with override("pt-br"):
        assert gettext(reason) != reason


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
def test_a_channels_reason_is_stored_in_english_whatever_language_is_spoken(status):
    with override("pt-br"):
        reason = answers.refusal(status, {}).reason
        assert gettext(reason) != reason
    with override("en"):
        assert gettext(reason) == reason


def test_meta_refusals_are_translated_whatever_their_number():
    with override("pt-br"), pytest.raises(answers.ChannelError) as caught:
        answers.sent_or_raise(201, {"error": {"code": 131026}})
    assert caught.value.code == "meta_131026"
    assert PO.find(caught.value.reason)


def test_every_name_that_the_ai_may_give_has_a_word():
    outcomes = {error.outcome for error in ai.AIError.__subclasses__() if "outcome" in vars(error)}
    assert set(wording.TYPES) == set(forms.ISSUE_TYPES)
    assert set(words.SENTIMENTS) == set(forms.SENTIMENTS)
    assert outcomes | {"answered", "empty", "cut", "malformed", ai.ModelGone.outcome} <= set(words.OUTCOMES)


def test_a_type_that_nobody_translated_is_shown_as_it_was_named():
    with override("pt-br"):
        assert wording.issue_type("payment_failed") == "falha no pagamento"
        assert wording.issue_type("vip_lead") == "vip lead"


# --- The pages ------------------------------------------------------------------------------


def test_the_product_speaks_portuguese_until_it_is_asked_for_english(client):
    for asked, language, said in (("", "pt-br", "Entrar"), ("de", "pt-br", "Entrar"), ("en-GB", "en", "Sign in")):
        body = client.get(reverse("login"), headers={"accept-language": asked}).content.decode()
        assert f'<html lang="{language}"' in body
        assert f"<h1>{said}</h1>" in body


@pytest.mark.django_db
def test_an_escalated_issue_is_told_in_portuguese():
    issue = make.issue(type="payment_failed", sentiment="angry")
    make.response(issue, state=State.THINKING, claimed_by=make.uuid7(make.NOW), claimed_at=make.NOW)
    issue.responses.update(failure="not_connected")
    escalate.escalate(issue, escalate.NO_PHONE)
    browser = admin_tools.logged_in(admin_tools.manager_named("bia"))
    page = browser.get(admin_tools.page_of(issue), headers={"accept-language": "pt-BR"})
    told = admin_tools.text_of(page)
    # Ours, Django's own, the stored reason, a code, and names that the AI gave.
    for said in (
        "Visualizar chamado", "Sair", "Nenhum telefone é conhecido", "WhatsApp desconectado",
        "falha no pagamento", "irritado", "escalado", "automação",
    ):  # fmt: skip
        assert said in told, said
    for stored in (escalate.NO_PHONE, "not_connected", "not connected", "payment_failed", "angry"):
        assert stored not in told, stored


def test_months_and_days_are_written_as_in_portuguese():
    with override("pt-br"):
        assert date_format(date(2026, 11, 27)) == "27 de novembro de 2026"
        assert date_format(date(2026, 11, 28), "D") == "Sáb"
