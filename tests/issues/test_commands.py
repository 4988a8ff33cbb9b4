"""The commands of the customer's side: what they print, and what they refuse."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from issues.models import ApiKey, Policy


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
class TestPolicy:
    def test_every_name_is_shown_with_its_value_and_what_it_means(self):
        lines = {line.split()[0]: line.split(maxsplit=2)[1:] for line in run("policy").splitlines()}
        assert set(lines) == set(Policy.names())
        assert lines["max_parallel"][0] == "5"
        assert lines["muted"][0] == "off"
        assert (lines["auto_resolve_after_minutes"][0], lines["ask_csat"][0]) == ("120", "on")
        assert all(len(columns) == 2 for columns in lines.values())

    def test_several_values_are_set_at_once(self):
        run("policy", "max_parallel=12", "attempts=1", "muted=on")
        policy = Policy.objects.get()
        assert (policy.max_parallel, policy.attempts, policy.muted) == (12, 1, True)

    @pytest.mark.parametrize("word", ["1", "true", "on", "TRUE"])
    def test_yes_is_written_in_several_ways(self, word):
        run("policy", f"muted={word}")
        assert Policy.objects.get().muted is True

    @pytest.mark.parametrize("word", ["0", "false", "off", "Off"])
    def test_no_is_written_in_several_ways(self, word):
        run("policy", "muted=on")
        run("policy", f"muted={word}")
        assert Policy.objects.get().muted is False

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ("max_parallel=0", ["max_parallel", "0", "1", "256"]),
            ("max_parallel=257", ["max_parallel", "257", "256"]),
            ("debounce_seconds=9", ["debounce_seconds", "9", "8"]),
            ("critical_per_minute=-1", ["critical_per_minute", "-1", "0"]),
            ("attempts=three", ["attempts", "three", "1", "10"]),
            ("attempts=", ["attempts", "1", "10"]),
            ("auto_resolve_after_minutes=0", ["auto_resolve_after_minutes", "0", "1", "43200"]),
            ("ask_csat=5", ["ask_csat", "on", "off"]),
            ("muted=maybe", ["muted", "maybe", "on", "off"]),
            ("nonsense=1", ["nonsense", *Policy.names()]),
            ("max_parallel", ["max_parallel", "name=value"]),
            ("id=2", ["id", *Policy.names()]),
        ],
    )
    def test_a_wrong_value_is_refused_with_what_to_write(self, change, told):
        with pytest.raises(CommandError) as refused:
            run("policy", change)
        assert refused.value.returncode == 1
        assert all(word in str(refused.value) for word in told), str(refused.value)

    def test_one_wrong_value_keeps_all_as_they_were(self):
        with pytest.raises(CommandError):
            run("policy", "max_parallel=12", "attempts=99")
        assert Policy.objects.get().max_parallel == 5

    def test_the_policy_is_made_where_it_was_lost(self):
        Policy.objects.all().delete()
        assert "max_parallel" in run("policy")


@pytest.mark.django_db
class TestApiKey:
    def test_the_printed_key_opens_the_api(self):
        text = run("apikey", "n8n").strip()
        assert ApiKey.find(text).name == "n8n"

    def test_only_the_digest_is_kept(self):
        text = run("apikey", "n8n").strip()
        assert text not in {str(value) for value in ApiKey.objects.values().get().values()}

    def test_a_taken_name_is_refused_and_its_key_goes_on(self):
        text = run("apikey", "n8n").strip()
        with pytest.raises(CommandError, match="n8n"):
            run("apikey", "n8n")
        assert ApiKey.find(text).name == "n8n"

    @pytest.mark.parametrize("name", ["", "  ", "x" * 101])
    def test_a_name_that_cannot_be_is_refused(self, name):
        with pytest.raises(CommandError, match="NAME"):
            run("apikey", name)
        assert not ApiKey.objects.exists()
