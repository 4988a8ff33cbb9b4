import pytest

from issues.wording import fill, language_of, unknown_placeholders


def test_a_template_greets_by_name():
    assert fill("Olá, {name}! Vimos seu caso ({type}).", name="Ana", type="late_delivery") == (
        "Olá, Ana! Vimos seu caso (late delivery)."
    )


def test_without_a_name_the_greeting_stays_tidy():
    assert fill("Olá, {name}! Tudo bem?", name="", type="other") == "Olá! Tudo bem?"


def test_a_name_that_looks_like_a_placeholder_is_only_a_name():
    assert fill("Olá, {name}!", name="{type}", type="billing") == "Olá, {type}!"


def test_placeholders_that_nothing_fills_are_named():
    assert unknown_placeholders("{name} {preço} {type} {}") == "{preço}, {}"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Não consigo acessar minha conta", "pt-BR"),
        ("I can not log in, please help me with this", "en"),
        ("", "pt-BR"),
        ("ok", "pt-BR"),
        ("O app is down", "pt-BR"),
        ("I want to talk to a human", "en"),
        ("stop", "pt-BR"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_small_words(text, language):
    assert language_of(text) == language


def test_a_text_that_begins_with_an_unknown_name_begins_with_its_next_word():
    assert fill("{name}, como foi?", name="", type="") == "Como foi?"
    assert fill("Oi! {name}, tudo bem?", name="", type="") == "Oi! Tudo bem?"
    assert fill("{name}, como foi?", name="Ana", type="") == "Ana, como foi?"
