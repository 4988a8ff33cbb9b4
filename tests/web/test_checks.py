import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from mis_dashboard.checks import integrations, signing_keys


def test_the_set_up_has_no_errors_and_is_fit_to_be_deployed():
    serious = [c for c in run_checks(include_deployment_checks=True) if c.is_serious()]
    assert not serious


def test_what_is_not_configured_is_named_with_what_to_write(settings):
    settings.GEMINI_API_KEY = ""
    settings.EVOLUTION_BASE_URL = "https://evolution.example.com"
    settings.EVOLUTION_API_KEY = ""
    settings.EVOLUTION_INSTANCE = "mis"
    found = {check.id: check.hint for check in integrations(None)}
    assert found["mis.I001"] == "Set GEMINI_API_KEY."
    assert found["mis.I002"] == "Set EVOLUTION_API_KEY."


def test_a_key_nobody_can_sign_with_is_an_error(settings):
    settings.GHL_PUBLIC_KEY = [settings.GHL_PUBLISHED_KEY, "abc"]
    assert [check.msg for check in signing_keys(None)] == ["GHL_PUBLIC_KEY number 2 is no Ed25519 public key."]


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
