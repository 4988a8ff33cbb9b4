"""The server writes numbers as the browser does: both meet the examples in tests/js/format.json."""

import json
from pathlib import Path

import pytest
from django.utils import timezone, translation

from metrics import format

EXAMPLES = json.loads((Path(__file__).parent.parent / "js" / "format.json").read_text())


@pytest.mark.parametrize("language", ["pt-br", "en"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e['format']} of {e['value']}")
def test_the_server_writes_the_shared_examples(example, language):
    with translation.override(language), timezone.override("America/Sao_Paulo"):
        assert getattr(format, example["format"])(example["value"]) == example[language]


def test_an_unknown_unit_is_a_count():
    with translation.override("en"):
        assert format.measure(1200, "tokens") == "1,200"
        assert format.measure(None, "tokens") == "—"
