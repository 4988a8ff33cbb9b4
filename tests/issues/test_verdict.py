"""What counts as an answer: forgiving where only one thing can be meant, strict where a customer would read it."""

import json

import pytest

from issues.ai.base import Blocked, Unusable, Usage, from_status, judge
from issues.ai.forms import SCHEMA, TRIAGE, Judgement, Verdict

GOOD = {
    "is_issue": True,
    "issue_type": "billing",
    "priority": "high",
    "sentiment": "angry",
    "needs_human": True,
    "human_reason": "cobrança em dobro",
    "language": "pt-BR",
    "reply": "Oi! Vamos verificar essa cobrança.",
}
SPENT = Usage(10, 5, 0, 0)


def read(finish_reason="STOP", block_reason="", **changes) -> Verdict:
    return judge(finish_reason, block_reason, json.dumps(GOOD | changes), SPENT)


@pytest.mark.parametrize(
    ("field", "written", "understood"),
    [
        ("issue_type", "Payment failed", "payment_failed"),
        ("issue_type", "access-problem", "access_problem"),
        ("issue_type", "alien abduction", "other"),
        ("priority", " HIGH ", "high"),
        ("sentiment", "Angry", "angry"),
        ("language", "pt", "pt-BR"),
        ("language", "pt_BR", "pt-BR"),
        ("language", "PT-br", "pt-BR"),
        ("language", "en-US", "en"),
        ("language", "es", "pt-BR"),
        ("language", None, "pt-BR"),
        ("human_reason", "  fraude\x00?  ", "fraude ?"),
        ("human_reason", "None.", ""),
        ("human_reason", None, ""),
        ("human_reason", "x" * 300, "x" * 200),
        ("reply", "  Oi!\r\nTudo bem?\x00 ", "Oi!\nTudo bem?"),
        ("reply", "x" * 1000, "x" * 1000),
    ],
)
def test_a_spelling_with_one_meaning_is_understood(field, written, understood):
    assert getattr(read(**{field: written}), field) == understood


def test_without_need_of_a_person_there_is_no_reason():
    assert read(needs_human=False, human_reason="talvez").human_reason == ""


def test_fields_that_we_did_not_ask_for_do_no_harm():
    assert read(confidence=0.9).reply == GOOD["reply"]


@pytest.mark.parametrize(
    "changes",
    [
        {"reply": ""},
        {"reply": " \n "},
        {"reply": "x" * 1001},
        {"reply": "```\nOi\n```"},
        {"reply": "Você escreveu <mensagem-3f9a01bc> Oi </mensagem-3f9a01bc>"},
        {"reply": "Oi </NOME-3f9a01bc>"},
        {"reply": None},
        {"reply": ["Oi"]},
        {"reply": "\ud83d"},
        {"priority": "urgentíssima"},
        {"priority": 1},
        {"sentiment": ""},
        {"is_issue": "talvez"},
        {"needs_human": None},
    ],
)
def test_what_cannot_be_sent_or_sorted_is_malformed(changes):
    with pytest.raises(Unusable) as caught:
        read(**changes)
    assert caught.value.outcome == "malformed"
    assert caught.value.usage == SPENT


@pytest.mark.parametrize("field", [name for name in GOOD if name not in {"human_reason", "language"}])
def test_an_answer_that_lacks_a_field_is_malformed(field):
    text = json.dumps({name: value for name, value in GOOD.items() if name != field})
    with pytest.raises(Unusable):
        judge("STOP", "", text, SPENT)


@pytest.mark.parametrize("fence", ["```json\n%s\n```", "```\n%s```\n", "  ```JSON %s ```"])
def test_a_code_fence_around_the_whole_is_taken_off(fence):
    assert judge("STOP", "", fence % json.dumps(GOOD), SPENT).reply == GOOD["reply"]


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE"])
def test_a_refused_answer_is_blocked_even_if_it_reads_well(reason):
    with pytest.raises(Blocked):
        read(finish_reason=reason)


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "JAILBREAK", "6"])
def test_a_refused_question_is_blocked_whatever_the_reason(reason):
    with pytest.raises(Blocked):
        judge("", reason, "", SPENT)


@pytest.mark.parametrize("reason", ["OTHER", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"])
def test_an_answer_that_ended_oddly_is_not_sent(reason):
    with pytest.raises(Unusable) as caught:
        read(finish_reason=reason)
    assert caught.value.outcome == "malformed"


def test_a_reason_the_library_does_not_know_leaves_it_to_the_text():
    assert read(finish_reason="FINISH_REASON_UNSPECIFIED").reply == GOOD["reply"]


def test_a_whole_form_at_the_limit_of_length_is_still_cut():
    with pytest.raises(Unusable) as caught:
        read(finish_reason="MAX_TOKENS")
    assert caught.value.outcome == "cut"


def test_thought_is_what_the_total_holds_beyond_question_and_answer():
    assert Usage.counted(prompt=612, answer=None, cached=None, total=1636) == Usage(612, 0, 1024, 0)
    assert Usage.counted(prompt=10, answer=5, cached=4, total=15) == Usage(10, 5, 0, 4)
    assert Usage.counted(prompt=10, answer=5, cached=0, total=12) == Usage(10, 5, 0, 0)  # a miscount is not negative
    assert Usage.counted(prompt=0, answer=0, cached=0, total=0) == Usage()


def test_every_field_of_the_form_is_read_and_required():
    assert set(SCHEMA["properties"]) == set(SCHEMA["required"]) == set(Verdict.model_fields)


@pytest.mark.parametrize(("resolved", "reason"), [(True, "orientado"), (False, "prometemos voltar")])
def test_a_judgement_is_a_plain_yes_or_no_with_its_reason(resolved, reason):
    text = json.dumps({"resolved": resolved, "reason": f" {reason}\x00"})
    assert judge("STOP", "", text, SPENT, TRIAGE) == Judgement(resolved=resolved, reason=reason)


@pytest.mark.parametrize("said", ["true", "sim", "false", 1, 0, None, [True], "NÃO"])
def test_only_a_real_true_or_false_decides(said):
    with pytest.raises(Unusable) as caught:
        judge("STOP", "", json.dumps({"resolved": said, "reason": "resolved: true"}), SPENT, TRIAGE)
    assert caught.value.outcome == "malformed"


def test_the_form_of_a_judgement_is_read_and_required():
    assert set(TRIAGE.schema["properties"]) == set(TRIAGE.schema["required"]) == set(Judgement.model_fields)


def test_a_careless_filler_of_the_form_still_gives_a_verdict():
    """First value of every list, "none" for a reason: the least that a stand-in does."""
    filled = {
        name: field["enum"][0] if "enum" in field else field["type"] == "BOOLEAN" and name != "needs_human"
        for name, field in SCHEMA["properties"].items()
    } | {"reply": "Olá! Recebemos sua mensagem.", "human_reason": "none"}
    verdict = judge("STOP", "", json.dumps(filled), SPENT)
    assert (verdict.issue_type, verdict.human_reason, verdict.language) == ("customer_complaint", "", "pt-BR")


@pytest.mark.parametrize(
    ("delay", "seconds"), [("27s", 27.0), ("1.5s", 1.5), ("0s", 0.0), ("soon", None), (27, None), ("-3s", None)]
)
def test_a_retry_delay_is_read_only_if_it_is_one(delay, seconds):
    assert from_status(429, [{"retryDelay": delay}]).retry_after_s == seconds


def test_a_reason_that_is_no_constant_stays_out_of_the_message():
    assert str(from_status(400, [{"reason": "Ana wrote: oi"}])) == "HTTP 400"
    assert str(from_status(400, ["odd", {"reason": "API_KEY_INVALID"}])) == "HTTP 400 API_KEY_INVALID"
