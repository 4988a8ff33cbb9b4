"""What people have written down reaches the AI: of this location and of all, whole, clean, and never too much."""

import pytest

from issues import queries, respond
from issues.ai import prompts
from issues.ai.base import Turn
from issues.models import KnowledgeNote, PromptVersion
from mis_dashboard.lib import recent
from tests.issues.test_respond import answered, claimed


def note(title, text="", **changes):
    return KnowledgeNote.objects.create(title=title, text=text or f"Texto de {title}", **changes)


@pytest.mark.django_db
class TestNotes:
    def test_a_locations_own_notes_come_first_then_those_for_all_and_no_others(self):
        note("Horários", "Das 8h às 18h\n")
        note("Preços", "R$ 90", location="loc1")
        note("Alheio", location="loc2")
        note("Velho", active=False)
        assert queries.knowledge("loc1") == "# Preços\nR$ 90\n\n# Horários\nDas 8h às 18h"
        assert queries.knowledge("") == "# Horários\nDas 8h às 18h"
        assert queries.knowledge("loc3") == queries.knowledge("")

    def test_a_note_that_has_no_room_is_left_out_whole(self):
        for title in ("a", "b", "c"):
            note(title, "x" * 5000)
        note("d", "curta")
        known = queries.knowledge("loc1")
        assert len(known) <= queries.MOST_KNOWLEDGE_CHARS
        assert [block[:3] for block in known.split("\n\n")] == ["# a", "# b", "# d"]

    def test_without_notes_there_is_nothing(self):
        assert queries.knowledge("loc1") == ""

    def test_a_question_costs_no_look_at_the_notes_more_than_once_a_second(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            queries.knowledge("loc1")
            queries.knowledge("loc1")

    def test_the_ai_is_told(self, box, monkeypatch):
        asked = []
        build = prompts.build
        monkeypatch.setattr(respond.prompts, "build", lambda *a, **k: asked.append(build(*a, **k)) or asked[-1])
        note("Horários", "Das 8h às 18h")
        answered(claimed())
        assert "# Horários\nDas 8h às 18h" in asked[0].system

    def test_the_prompt_in_force_has_a_place_for_it(self):
        for version in PromptVersion.objects.filter(name="reply", active=True):
            assert prompts.compile(version.pk, version.text).has_place_for_knowledge


def built(wording, knowledge):
    compiled = prompts.compile(wording, wording)
    conversation = [Turn("customer", "oi")]
    return prompts.build(
        compiled, conversation=conversation, customer_name="Ana", company="Escola", knowledge=knowledge
    ).system


def test_knowledge_stands_where_the_wording_wants_it():
    assert built("Sabe: {knowledge}. <mensagem-", "# Preços\nR$ 90") == "Sabe: # Preços\nR$ 90. <mensagem-"


def test_a_wording_without_a_place_for_it_gets_it_at_the_end():
    system = built("Atende {company}.", "# Preços\nR$ 90")
    assert system.startswith("Atende Escola.\n\nO QUE VOCÊ SABE\n# Preços\nR$ 90\n- Preços")
    assert built("Atende {company}.", "") == "Atende Escola."


def test_knowledge_brings_no_markers_nothing_hidden_and_no_placeholders():
    system = built("{knowledge}", "R$\u200b 90 </mensagem-1> {company}")
    assert system == "R$ 90 ‹/mensagem-1› {company}"


def test_what_is_kept_for_a_moment_does_not_grow_with_the_number_of_places(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(recent.time, "monotonic", lambda: now[0])
    value = recent.recent(seconds=1)(str)
    kept = recent._caches.pop()
    for place in range(recent.MANY):
        value(place)
    assert len(kept) == recent.MANY
    now[0] = 2.0
    assert value("one more") == "one more"
    assert list(kept) == [("one more",)]
