"""`manage.py import_issues`: files as they are found in the world, once, again, newer, older and stopped half way."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues import actions
from issues.history import run as running
from issues.history import store as storing
from issues.models import Action, Customer, Issue
from mis_dashboard.lib import partitions
from tests.support import make

pytestmark = pytest.mark.django_db


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.fixture
def history(tmp_path):
    """Imports the text or bytes as a file, with options; (exit status, what was printed)."""

    def bring_in(text: str | bytes, *options: str, **files: str) -> tuple[int, str]:
        path = tmp_path / "issues.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        more = []
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content)
            more += [f"--{name}", str(tmp_path / f"{name}.csv")]
        out = StringIO()
        try:
            call_command("import_issues", str(path), "--time-zone", "UTC", *more, *options, stdout=out, stderr=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        return 0, out.getvalue()

    return bring_in


def ends(history, text: bytes) -> int:
    """With which status."""
    try:
        return history(text)[0]
    except CommandError as error:
        return error.returncode


def everything() -> list:
    rows = [list(model.objects.order_by("pk").values()) for model in (Issue, Action, Customer)]
    for issue in rows[0]:
        issue.pop("updated_at")
    return rows


def story(external_id: str) -> list[tuple]:
    issue = Issue.objects.get(external_id=external_id)
    return [(action.kind, action.at, action.by, action.automated) for action in issue.actions.all()]


HEAD = "id,opened_at,first_response_at,resolved_at,priority,type,location,message,csat,rated_at\n"
ROW = 'A1,2016-03-01T10:00:00,2016-03-01T10:05:00,2016-03-01T12:00:00,2,boleto,loc1,"Não abre, ""nada""",4,2016-03-02T09:00:00\n'


class TestWhatLands:
    def test_a_line_is_an_issue_with_its_times_words_and_rating(self, history):
        assert history(HEAD + ROW)[0] == 0
        issue = Issue.objects.get()
        assert (issue.source, issue.external_source, issue.external_id) == ("import", "import", "A1")
        assert (issue.priority, issue.type, issue.location, issue.status) == ("high", "boleto", "loc1", "resolved")
        assert issue.text == 'Não abre, "nada"'
        assert (issue.detected_at, issue.first_response_at) == (at(2016, 3, 1, 10), at(2016, 3, 1, 10, 5))
        assert (issue.resolved_at, issue.resolved_by, issue.resolution_basis) == (at(2016, 3, 1, 12), "person", "human")
        assert (issue.customer_satisfaction, issue.rated_at) == (4, at(2016, 3, 2, 9))
        # High: 30 seconds to answer, 2 hours to solve.
        assert issue.response_due_at == at(2016, 3, 1, 10, 0, 30)
        assert issue.resolution_due_at == at(2016, 3, 1, 12)
        assert (issue.silent_since, issue.answered_by) == (None, "human")

    def test_what_happened_is_on_the_spine_by_a_person_of_the_old_system(self, history):
        history(HEAD + ROW)
        assert story("A1") == [
            ("received", at(2016, 3, 1, 10), "customer", False),
            ("replied", at(2016, 3, 1, 10, 5), "person", False),
            ("resolved", at(2016, 3, 1, 12), "person", False),
            ("rated", at(2016, 3, 2, 9), "customer", False),
        ]

    def test_who_did_it_is_told_as_far_as_the_file_says(self, history):
        history("id,opened_at,first_response_at,resolved_at,answered_by,resolved_by\n"
                "A,2016-03-01,2016-03-02,2016-03-03,n8n,Resolved by 149\nB,2016-03-01,2016-03-02,2016-03-03,system,SYSTEM_AUTO\n")  # fmt: skip
        assert [(by, auto) for _k, _a, by, auto in story("A")[1:]] == [("SYSTEM_N8N", True), ("Resolved by 149", False)]
        assert Issue.objects.get(external_id="A").answered_by == "program"
        assert [(by, auto) for _k, _a, by, auto in story("B")[1:]] == [("SYSTEM_SYSTEM", True), ("SYSTEM_AUTO", True)]

    def test_a_rating_without_a_time_was_given_at_the_end(self, history):
        history("id,opened_at,resolved_at,csat\nA,2016-03-01,2016-03-03,5\nB,2016-03-01,,0\n")
        assert Issue.objects.get(external_id="A").rated_at == at(2016, 3, 3)
        assert Issue.objects.get(external_id="B").customer_satisfaction is None

    def test_what_happened_in_the_past_has_a_part_of_the_table_for_its_month(self, history):
        history("id,opened_at,resolved_at\nA,2016-03-01,2016-05-03\n")
        months = partitions.parts("issues_action")
        assert {at(2016, 3, 1), at(2016, 5, 1)} <= months
        assert at(2016, 4, 1) not in months

    def test_negative_durations_are_kept(self, history):
        history("id,opened_at,first_response_at,resolved_at\nA,2016-03-01T10:00,2016-03-01T09:00,2016-03-01T08:00\n")
        issue = Issue.objects.get()
        assert issue.first_response_at < issue.detected_at
        assert issue.resolved_at < issue.first_response_at

    def test_closed_without_a_resolution_is_closed(self, history):
        history("id,opened_at,resolved_at,closed_at\nA,2016-03-01,,2016-03-05\n")
        issue = Issue.objects.get()
        assert (issue.status, issue.resolved_at) == ("closed", None)
        assert [kind for kind, *_ in story("A")] == ["received", "noted"]

    def test_resolved_at_no_known_time_is_closed_too(self, history):
        history("id,opened_at,status\nA,2016-03-01,resolved\n")
        assert (Issue.objects.get().status, Issue.objects.get().resolved_at) == ("closed", None)

    def test_active_again_after_a_resolution_is_unresolved_and_says_so(self, history):
        history("id,opened_at,resolved_at,state\nA,2016-03-01,2016-03-03,Active\n")
        issue = Issue.objects.get()
        assert (issue.status, issue.resolved_at) == ("in_progress", None)
        assert [kind for kind, *_ in story("A")] == ["received", "resolved", "reopened"]

    def test_a_state_without_a_meaning_is_not_known(self, history):
        status, said = history("id,opened_at,resolved_at,state\nA,2016-03-01,2016-03-03,-100\n")
        assert (status, Issue.objects.get().status) == (0, "resolved")
        assert "-100" not in said

    def test_a_deadline_is_the_other_systems_where_that_is_wanted(self, history):
        text = "id,opened_at,sla_due_at\nA,2016-03-01,2016-03-09\n"
        history(text, "--map", "resolution_due_at=sla_due_at")
        assert Issue.objects.get().resolution_due_at == at(2016, 3, 9)

    def test_a_customer_is_made_of_a_phone_or_contact_only(self, history):
        known = make.customer(location="loc1", phone="+5511900000001", name="Ana")
        history("id,opened_at,phone,contact_id,location,customer_name\nA,2016-03-01,(11) 90000-0001,,loc1,Outra\n"
                "B,2016-03-01,11 90000-0002,,loc1,Bia\nC,2016-03-01,,ct9,loc1,Caio\nD,2016-03-01,,,loc1,Davi\n"
                "E,2016-03-01,nenhum,,loc1,Eva\nF,2016-03-02,5511900000002,,loc1,Bia\n")  # fmt: skip
        by_id = {issue.external_id: issue.customer for issue in Issue.objects.select_related("customer")}
        assert by_id["A"] == known
        assert known.name == Customer.objects.get(pk=known.pk).name
        assert (by_id["B"].phone, by_id["B"].name) == ("+5511900000002", "Bia")
        assert by_id["B"] == by_id["F"]
        assert by_id["C"].contact_id == "ct9"
        assert by_id["D"] is by_id["E"] is None


class TestEvents:
    ISSUES = "id,opened_at,resolved_at,closed_at\n"

    def test_a_reopening_ends_the_resolution_before_it(self, history):
        history(self.ISSUES + "A,2016-03-01T10:00,2016-03-03T10:00,2016-03-09T10:00\n", events=(
            "issue_id,seq,at,state\nA,0,2016-03-01T11:00,New\nA,1,2016-03-01T12:00,Resolved\nA,2,2016-03-01T13:00,Active\n"
            "A,3,2016-03-02T10:00,Resolved\nA,4,2016-03-03T10:00,Resolved\nA,5,2016-03-09T10:00,Closed\n"
        ))  # fmt: skip
        issue = Issue.objects.get()
        assert (issue.status, issue.resolved_at) == ("closed", at(2016, 3, 3, 10))
        # The file has no column for the first response: the first state but New tells it.
        assert issue.first_response_at == at(2016, 3, 1, 12)
        assert [(kind, when) for kind, when, *_ in story("A")] == [
            ("received", at(2016, 3, 1, 10)),
            ("replied", at(2016, 3, 1, 12)),
            ("resolved", at(2016, 3, 1, 12)),
            ("reopened", at(2016, 3, 1, 13)),
            ("resolved", at(2016, 3, 3, 10)),
            ("noted", at(2016, 3, 9, 10)),
        ]

    def test_reopened_and_never_resolved_again_is_unresolved(self, history):
        history(self.ISSUES + "A,2016-03-01,2016-03-03,\n", events=(
            "id,at,state\nA,2016-03-03,Resolved\nA,2016-03-04,Active\n"
        ))  # fmt: skip
        assert (Issue.objects.get().status, Issue.objects.get().resolved_at) == ("in_progress", None)
        assert [kind for kind, *_ in story("A")][-2:] == ["resolved", "reopened"]

    def test_reopened_and_closed_was_not_resolved(self, history):
        history(self.ISSUES + "A,2016-03-01,2016-03-03,2016-03-05\n", events=(
            "id,at,state\nA,2016-03-03,Resolved\nA,2016-03-04,Active\nA,2016-03-05,Closed\n"
        ))  # fmt: skip
        assert (Issue.objects.get().status, Issue.objects.get().resolved_at) == ("closed", None)

    def test_all_in_one_minute_is_taken_in_the_order_of_the_log(self, history):
        history(self.ISSUES + "A,2016-03-01T10:00,2016-03-01T10:00,\n", events=(
            "id,seq,at,state\nA,3,2016-03-01T10:00,Resolved\nA,1,2016-03-01T10:00,Resolved\nA,2,2016-03-01T10:00,Active\n"
        ))  # fmt: skip
        assert (Issue.objects.get().status, Issue.objects.get().resolved_at) == ("resolved", at(2016, 3, 1, 10))
        assert [kind for kind, *_ in story("A")] == ["received", "replied", "resolved", "reopened", "resolved"]
        undone, last = [when for kind, when, *_ in story("A") if kind in ("reopened", "resolved")][1:]
        assert timedelta() < last - undone < timedelta(milliseconds=1)

    def test_a_resolution_that_the_issue_knows_nothing_of_is_noted_and_is_none(self, history):
        history(
            self.ISSUES + "A,2016-03-01,,2016-03-05\n",
            events="id,at,state\nA,2016-03-03,Resolved\nA,2016-03-05,Closed\n",
        )
        assert (Issue.objects.get().status, Issue.objects.get().resolved_at) == ("closed", None)
        assert [kind for kind, *_ in story("A")] == ["received", "replied", "noted", "noted"]

    def test_an_event_delivered_twice_happened_once_and_one_of_nobody_is_refused(self, history):
        twice = "A,1,2016-03-03,Resolved\n" * 2 + "A,2,2016-03-04,Active\n" * 3
        status, said = history("id,opened_at\nA,2016-03-01\n", events=f"id,seq,at,state\n{twice}X,1,2016-03-03,New\n")
        assert status == 1
        assert "linha 7" in said
        assert [kind for kind, *_ in story("A")] == ["received", "replied", "resolved", "reopened"]

    def test_a_file_with_a_line_for_each_change_is_a_log(self, history):
        """The shape of ServiceNow's own export."""
        history("number,incident_state,opened_at,sys_updated_at,sys_mod_count,resolved_at,closed_at,priority\n"
                "A,New,29/2/2016 01:16,29/2/2016 01:23,0,1/3/2016 11:29,6/3/2016 12:00,3 - Moderate\n"
                "A,Resolved,29/2/2016 01:16,29/2/2016 08:53,1,1/3/2016 11:29,6/3/2016 12:00,3 - Moderate\n"
                "A,Active,29/2/2016 01:16,29/2/2016 09:53,2,1/3/2016 11:29,6/3/2016 12:00,3 - Moderate\n"
                "A,Resolved,29/2/2016 01:16,1/3/2016 11:29,3,1/3/2016 11:29,6/3/2016 12:00,3 - Moderate\n"
                "A,-100,29/2/2016 01:16,1/3/2016 11:30,4,1/3/2016 11:29,6/3/2016 12:00,3 - Moderate\n"
                "A,Closed,29/2/2016 01:16,6/3/2016 12:00,5,1/3/2016 11:29,6/3/2016 12:00,?\n")  # fmt: skip
        issue = Issue.objects.get()
        assert (issue.status, issue.first_response_at) == ("closed", at(2016, 2, 29, 8, 53))
        assert issue.resolved_at == at(2016, 3, 1, 11, 29)
        kinds = ["received", "replied", "resolved", "reopened", "resolved", "noted"]
        assert [kind for kind, *_ in story("A")] == kinds


class TestFlaws:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_files_of_every_kind_are_read(self, history, encoding, ending, delimiter):
        text = f"ID{delimiter}Aberto em{delimiter}Descrição{delimiter}Nota{ending}"
        text += f'7{delimiter}29/02/2016 10:00{delimiter}"Não abre{ending}há dias; socorro, já"{delimiter}"4,0"{ending}'
        assert history(text.encode(encoding))[0] == 0
        issue = Issue.objects.get()
        assert issue.text.splitlines() == ["Não abre", "há dias; socorro, já"]
        assert (issue.customer_satisfaction, issue.detected_at) == (4, at(2016, 2, 29, 10))

    def test_bytes_of_two_encodings_in_one_file_are_letters(self, history):
        history("id,opened_at,text\nA,2016-03-01,não\n".encode() + "B,2016-03-01,não\n".encode("latin-1"))
        assert set(Issue.objects.values_list("text", flat=True)) == {"não"}

    def test_nul_bytes_and_long_texts_and_ids_are_stored(self, history):
        text, long_id = "olá " * 4500, "x" * 3000
        assert history(f"id,opened_at,text\n{long_id},2016-03-01,{text}\nB\0,2016-03-01,a\0b\n")[0] == 0
        assert set(Issue.objects.values_list("text", flat=True)) == {text.strip(), "ab"}
        assert Issue.objects.filter(external_id="B").exists()

    def test_a_bad_line_is_told_with_its_number_column_and_reason_and_the_rest_is_imported(self, history, tmp_path):
        status, said = history(
            "id,opened_at,priority,csat,text\n"
            "A,2016-03-01,1,5,bom\n"
            ",2016-03-01,1,5,sem id\n"
            'B,ontem,1,5,"segredo\nda Ana"\n'
            "C,,1,5,sem hora\n"
            "D,2016-03-01,urgentão,5,x\n"
            "E,2016-03-01,1,11,x\n"
            "F,2016-03-01,1\n"
            "G,2016-03-01,1,5,x,y\n"
            "H,2016-03-01,1,5,bom,,\n"
            "I,2016-03",
            "--errors",
            str(tmp_path / "errors.csv"),
        )
        assert status == 1
        assert set(Issue.objects.values_list("external_id", flat=True)) == {"A", "H"}
        told = list(csv.DictReader((tmp_path / "errors.csv").open()))
        assert [(row["line"], row["column"]) for row in told] == [
            ("3", "id"), ("4", "opened_at"), ("6", "opened_at"), ("7", "priority"), ("8", "csat"), ("9", ""), ("10", ""), ("12", ""),
        ]  # fmt: skip
        assert all(row["reason"] for row in told)
        for secret in ("segredo", "Ana", "ontem", "urgentão"):
            assert secret not in said + (tmp_path / "errors.csv").read_text()

    def test_a_quote_that_is_never_closed_costs_its_own_line_only(self, history):
        lines = "".join(f"N{n},2016-03-01,ok\n" for n in range(50))
        status, said = history(f'id,opened_at,text\nA,2016-03-01,"aberto\n{lines}')
        assert status == 1
        assert "linha 2" in said
        assert Issue.objects.count() == 50

    def test_a_column_of_utc_stands_beside_local_ones(self, history):
        text = "id,opened_at,resolved_at,survey_answered_at,csat\nA,2016-03-01T10:00,2016-03-01T11:00-03:00,2016-03-01T15:00,4\n"
        history(text, "--time-zone", "America/Sao_Paulo", "--time-zone", "survey_answered_at=UTC")
        issue = Issue.objects.get()
        assert (issue.detected_at, issue.resolved_at) == (at(2016, 3, 1, 13), at(2016, 3, 1, 14))
        assert issue.rated_at == at(2016, 3, 1, 15)

    @pytest.mark.parametrize("text", ["", "\n\n", "a,b\n1,2\n", "id,text\n1,x\n", "id,opened_at\n,x\n"])
    def test_nothing_to_be_made_of_it_is_an_error(self, history, text):
        with pytest.raises(CommandError) as error:
            history(text)
        assert error.value.returncode == 2

    def test_a_header_alone_is_no_error(self, history):
        assert history("id,opened_at\n")[0] == 0

    @pytest.mark.parametrize(
        "options",
        [["--map", "type"], ["--map", "x.id=id"], ["--delimiter", "ab"], ["--time-zone", "Mars/Olympus"],
         ["--from-url", "postgresql://localhost:1/x"], ["--errors", "/nowhere/at/all.csv"]],
    )  # fmt: skip
    def test_a_wrong_option_is_an_error(self, history, options):
        with pytest.raises(CommandError) as error:
            history("id,opened_at\nA,2016-03-01\n", *options)
        assert error.value.returncode == 2

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=300))
    def test_any_bytes_after_a_header_end_in_a_status(self, history, text):
        assert ends(history, b"id,opened_at,resolved_at,text,csat,priority\nA,2016-03-01,,x,,\n" + text) in (0, 1, 2)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.lists(st.text(alphabet=st.sampled_from('a1,;"\n\r\0é? -:/T2016'), max_size=12), min_size=6, max_size=6)
        )
    )
    def test_any_cells_end_in_a_status(self, history, rows):
        text = StringIO()
        csv.writer(text).writerows([["id", "opened_at", "resolved_at", "text", "phone", "state"], *rows])
        assert ends(history, text.getvalue().encode()) in (0, 1, 2)


class TestAgain:
    def test_the_same_file_twice_changes_nothing(self, history):
        history(HEAD + ROW * 3)
        before = everything()
        assert history(HEAD + ROW)[0] == 0
        assert everything() == before
        assert Issue.objects.count() == 1

    def test_a_trial_stores_nothing_and_counts_all(self, history):
        assert "1" in history(HEAD + ROW, "--dry-run")[1]
        assert not Issue.objects.exists()

    def test_a_newer_version_takes_the_place_of_an_older_one(self, history):
        history("id,opened_at,resolved_at\nA,2016-03-01,\n")
        pk = Issue.objects.get().pk
        history("id,opened_at,resolved_at\nA,2016-03-01,2016-03-04\n")
        assert Issue.objects.get().resolved_at == at(2016, 3, 4)
        assert Issue.objects.get().pk == pk
        history("id,opened_at,resolved_at\nA,2016-03-01,2016-03-05\n")
        assert [(k, w) for k, w, *_ in story("A")] == [("received", at(2016, 3, 1)), ("resolved", at(2016, 3, 5))]

    def test_what_was_replaced_does_not_come_back_when_it_is_delivered_again(self, history):
        old, new = "id,opened_at,resolved_at\nA,2016-03-01,\n", "id,opened_at,resolved_at\nA,2016-03-01,2016-03-04\n"
        history(old)
        history(new)
        history(old)
        assert Issue.objects.get().status == "resolved"

    def test_of_one_file_the_last_line_wins(self, history):
        history("id,opened_at,type\nA,2016-03-01,one\nB,2016-03-01,x\nA,2016-03-01,two\n")
        assert Issue.objects.get(external_id="A").type == "two"

    @pytest.mark.parametrize("column", ["updated_at", "events"])
    def test_the_version_with_the_newer_mark_wins_wherever_it_stands(self, history, column):
        newer, older = {"updated_at": ("2016-03-05", "2016-03-02"), "events": ("7", "3")}[column]
        history(f"id,opened_at,type,{column}\nA,2016-03-01,new,{newer}\nA,2016-03-01,old,{older}\n")
        assert Issue.objects.get().type == "new"
        history(f"id,opened_at,type,{column}\nA,2016-03-01,other,{older}\n")
        assert Issue.objects.get().type == "new"

    def test_events_that_are_not_given_again_are_not_lost(self, history):
        issues, events = (
            "id,opened_at,events\nA,2016-03-01,2\n",
            "id,at,state\nA,2016-03-02,Resolved\nA,2016-03-03,Active\n",
        )
        history(issues, events=events)
        before = everything()
        history(issues)
        assert everything() == before

    def test_two_systems_may_use_the_same_ids(self, history):
        history("id,opened_at\n1,2016-03-01\n", "--source-name", "zendesk")
        history("id,opened_at\n1,2017-03-01\n", "--source-name", "servicenow")
        assert Issue.objects.filter(external_id="1").count() == 2

    def test_an_issue_that_began_here_is_never_changed(self, history):
        ours = make.issue(external_source="import", external_id="A", source="api")
        history("id,opened_at,type\nA,2016-03-01,x\n")
        assert Issue.objects.get().type == ours.type

    def test_an_issue_that_somebody_worked_on_here_is_left_alone(self, history):
        history("id,opened_at,type\nA,2016-03-01,x\n")
        issue = Issue.objects.get()
        actions.record(issue, Action.Kind.NOTED, by="ana", automated=False)
        history("id,opened_at,type\nA,2016-03-01,y\n")
        assert Issue.objects.get().type == "x"
        assert issue.actions.count() == 2

    def test_stopped_half_way_the_rest_comes_with_the_next_run(self, history, monkeypatch):
        monkeypatch.setattr(running, "BATCH", 10)
        text = "id,opened_at\n" + "".join(f"N{n:03},2016-03-01\n" for n in range(35))
        whole, calls = storing.store, []

        def stopped(*args, **options):
            calls.append(args)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return whole(*args, **options)

        monkeypatch.setattr(running, "store", stopped)
        assert history(text)[0] == 130
        assert Issue.objects.count() == 20
        assert history(text)[0] == 0
        assert Issue.objects.count() == Action.objects.count() == 35

    def test_the_spine_stays_append_only_for_everybody_else(self, history):
        history("id,opened_at\nA,2016-03-01\n")
        with pytest.raises(Exception, match="append-only"):
            Action.objects.all().delete()
