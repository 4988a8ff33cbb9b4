"""Cells as they are found in the world, and what each is taken for."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.history import columns, values
from issues.history.files import Unreadable
from issues.history.records import PARSERS
from issues.history.values import Bad, Clock, Stage

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
CLOCK = Clock(SAO_PAULO, NOW)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def moment(cell: str, clock: Clock = CLOCK) -> datetime:
    return values.past(cell, clock, clock.zone)


def reason(read, cell: str) -> str | None:
    """Why the cell cannot be read; None when it can."""
    try:
        read(cell)
    except Bad as bad:
        return str(bad)
    return None


class TestTimes:
    @pytest.mark.parametrize(
        ("cell", "instant"),
        [
            ("2016-02-29T01:16:00", at(2016, 2, 29, 4, 16)),  # three hours behind, winter and summer time apart
            ("2016-01-29T01:16:00", at(2016, 1, 29, 3, 16)),  # Brazil had summer time then
            ("2016-02-29 01:16", at(2016, 2, 29, 4, 16)),
            ("2016-02-29", at(2016, 2, 29, 3)),
            ("29/2/2016 01:16", at(2016, 2, 29, 4, 16)),
            ("29/02/2016 13:05:09", at(2016, 2, 29, 16, 5, 9)),
            ("29.02.2016, 01:05:09 PM", at(2016, 2, 29, 16, 5, 9)),
            ("2016-02-29T04:16:00Z", at(2016, 2, 29, 4, 16)),
            ("2016-02-29T04:16:00.25+00:00", at(2016, 2, 29, 4, 16, 0, 250_000)),
            ("2016-02-29 01:16:00,5 -0300", at(2016, 2, 29, 4, 16, 0, 500_000)),
            ("2016-02-29 05:16:00+01", at(2016, 2, 29, 4, 16)),
            ("2016-02-29 04:16:00 UTC", at(2016, 2, 29, 4, 16)),
            ("1456719360", at(2016, 2, 29, 4, 16)),
            ("1456719360123", at(2016, 2, 29, 4, 16, 0, 123_000)),
            ("2018-11-04T00:30:00", at(2018, 11, 4, 3, 30)),  # left out by the clocks: counted on from before
            ("2018-02-17T23:30:00", at(2018, 2, 18, 1, 30)),  # gone through twice: the first
        ],
    )
    def test_a_time_is_an_instant(self, cell, instant):
        assert moment(cell) == instant

    def test_months_come_first_where_that_is_said(self):
        assert moment("02/29/2016 01:16", Clock(SAO_PAULO, NOW, month_first=True)) == at(2016, 2, 29, 4, 16)

    @pytest.mark.parametrize(
        "cell",
        ["yesterday", "2016-13-01", "2016-02-30", "02/29/2016", "2016-02-29T25:00:00", "13:00", "16/02/29", "²016-01-01",
         "1899-12-30", "2026-11-22T00:00:00", "2016-01-01 13:00 PM", "2016-02-29T01:16:00+99:00", "99999999999999",
         "9999-12-31T23:59:59", "0001-01-01T00:00:00", "2016-02-29T01:60:00"],
    )  # fmt: skip
    def test_what_is_no_time_of_the_past_is_bad(self, cell):
        with pytest.raises(Bad):
            moment(cell)


class TestWords:
    @pytest.mark.parametrize(
        ("cell", "priority"),
        [("1", "critical"), ("2 - High", "high"), ("3 - Moderate", "medium"), ("4.0", "low"), ("5 - Planning", "low"),
         ("CRITICAL", "critical"), ("Crítica", "critical"), ("urgente", "critical"), ("Alta", "high"), ("média", "medium"),
         ("Médio", "medium"), ("BAIXA", "low"), ("P2", "high"), ("normal", "medium")],
    )  # fmt: skip
    def test_a_priority_is_one_of_ours(self, cell, priority):
        assert values.priority(cell) == priority

    @pytest.mark.parametrize("cell", ["0", "6", "soon", "33", "-1"])
    def test_an_unknown_priority_is_bad(self, cell):
        with pytest.raises(Bad):
            values.priority(cell)

    @pytest.mark.parametrize(
        ("cell", "stage"),
        [("New", Stage.NEW), ("Aberto", Stage.NEW), ("Active", Stage.WORKING), ("Awaiting User Info", Stage.WORKING),
         ("em andamento", Stage.WORKING), ("in_progress", Stage.WORKING), ("Aguardando cliente", Stage.WORKING),
         ("escalated", Stage.ESCALATED), ("Resolvido", Stage.RESOLVED), ("CLOSED", Stage.CLOSED), ("canceled", Stage.CLOSED),
         ("-100", None), ("SP", None)],
    )  # fmt: skip
    def test_a_state_is_one_of_ours_or_has_no_meaning(self, cell, stage):
        assert values.stage(cell) is stage

    @pytest.mark.parametrize(
        ("cell", "yes"),
        [("true", True), ("1", True), ("Sim", True), ("S", True), ("FALSE", False), ("0", False), ("não", False), ("Nao", False)],
    )  # fmt: skip
    def test_yes_and_no_are_said_in_many_ways(self, cell, yes):
        assert values.truth(cell) is yes

    @pytest.mark.parametrize(("cell", "stars"), [("5", 5), ("4,0", 4), ("3.00", 3), ("1 - péssimo", 1), ("0", None)])
    def test_a_rating_is_one_to_five_and_zero_is_none(self, cell, stars):
        assert values.rating(cell) == stars

    @pytest.mark.parametrize("cell", ["6", "4,5", "good", "10", "-1", "٣"])
    def test_anything_else_is_no_rating(self, cell):
        with pytest.raises(Bad):
            values.rating(cell)

    def test_a_very_long_id_is_short_and_still_one_of_its_own(self):
        one, other = values.identifier("x" * 5000 + "1"), values.identifier("x" * 5000 + "2")
        assert len(one) == len(other) == 128
        assert one != other == values.identifier("x" * 5000 + "2")

    @given(st.text(max_size=60))
    def test_any_cell_is_a_value_or_bad_in_words_that_do_not_repeat_it(self, cell):
        for read in [*PARSERS.values(), values.stage, moment]:
            why = reason(read, cell)
            assert why is None or (why and (len(cell) < 12 or cell not in why))


class TestColumns:
    def test_a_column_is_known_by_its_name_in_any_case_and_order(self):
        header = ["PRIORIDADE", "Data de Abertura", "Número", "outra"]
        assert columns.chosen(header, "issue", {}) == {"priority": 0, "detected_at": 1, "id": 2}

    def test_the_first_of_several_names_wins(self):
        assert columns.chosen(["state", "status", "id", "opened_at"], "issue", {})["status"] == 1

    def test_a_given_column_goes_before_and_none_may_be_wanted(self):
        header = ["id", "created", "closed", "Grund"]
        found = columns.chosen(header, "issue", {"type": "grund", "detected_at": "closed", "id": "id"})
        assert (found["type"], found["detected_at"]) == (3, 2)
        assert "status" not in columns.chosen(["id", "opened", "state"], "issue", {"status": ""})

    def test_a_missing_column_names_what_was_found_and_what_to_write(self):
        with pytest.raises(Unreadable, match=r"detected_at.*ticket, wann.*--map detected_at=.*opened_at"):
            columns.chosen(["ticket", "wann"], "issue", {})

    def test_an_unknown_column_or_field_of_a_map_is_an_error(self):
        with pytest.raises(Unreadable, match=r"nowhere.*id, opened_at"):
            columns.chosen(["id", "opened_at"], "issue", {"type": "nowhere"})
        with pytest.raises(Unreadable, match=r"kind.*priority"):
            columns.chosen(["id", "opened_at"], "issue", {"kind": "id"})

    def test_a_file_without_a_header_is_not_shown(self):
        with pytest.raises(Unreadable) as error:
            columns.chosen(["17", "Ana Exemplo", "não consigo entrar"], "issue", {})
        assert "Ana" not in str(error.value)
