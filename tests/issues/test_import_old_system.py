"""What the system before MIS left behind: its tables as CSV, or straight from its PostgreSQL."""

from datetime import UTC, datetime
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from issues.models import Issue

ISSUES = """id,alert_id,issue_type,priority,status,customer_name,customer_phone,detected_at,first_response_at,resolved_at,\
time_to_first_response,resolution_notes,customer_satisfaction,metadata,updated_at
i1,,urgent_request,critical,resolved,Ana,11900000001,2026-01-05 12:00:00+00,2026-01-05 12:01:00+00,2026-01-05 15:00:00+00,\
1,Issue resolvido,5,"{""message_preview"": ""não abre"", ""sentiment"": ""angry""}",2026-01-05 15:00:00+00
i2,,customer_complaint,high,resolved,Bia,,2026-01-05 12:00:00+00,2026-01-05 12:06:00+00,2026-01-05 16:00:00+00,6,ok,3,,2026-01-05 16:00:00+00
i3,,customer_complaint,high,resolved,Caio,,2026-01-05 12:00:00+00,,2026-01-05 16:00:00+00,,liguei e resolvi,4,,2026-01-05 16:00:00+00
i4,,customer_complaint,low,resolved,Davi,,2026-01-05 12:00:00+00,,2026-01-05 16:00:00+00,,conversei com o cliente,5,,2026-01-05 16:00:00+00
i5,,customer_complaint,medium,open,Eva,,2026-01-05 12:00:00+00,2026-01-05 12:05:00+00,,5,,,,2026-01-05 12:05:00+00
"""
ACTIONS = """id,issue_id,action_type,action_description,taken_by,taken_at,success,customer_response,created_at
1,i1,no_phone_available,sem telefone,SYSTEM_AUTO,2026-01-05 12:01:00+00,t,,2026-01-05 12:01:00+00
2,i1,automated_response,falhou,SYSTEM_AI_AGENT,2026-01-05 12:02:00+00,f,,2026-01-05 12:02:00+00
3,i1,automated_response,enviada,SYSTEM_AI_AGENT,2026-01-05 12:07:00+00,t,,2026-01-05 12:07:00+00
4,i1,resolved,Issue resolvido,SYSTEM_AUTO,2026-01-05 15:00:00+00,t,,2026-01-05 15:00:00+00
5,i2,automated_response,enviada,SYSTEM_AI_AGENT,2026-01-05 12:06:00+00,t,,2026-01-05 12:06:00+00
6,i2,escalation_needed,x,SYSTEM_AI,2026-01-05 12:10:00+00,t,,2026-01-05 12:10:00+00
7,i2,escalation_needed,x,SYSTEM_AI,2026-01-05 12:11:00+00,t,,2026-01-05 12:11:00+00
8,i2,resolved,ok,SYSTEM_AUTO_RESOLVE,2026-01-05 16:00:00+00,t,,2026-01-05 16:00:00+00
9,i3,manual_action,liguei,Marina,2026-01-05 13:00:00+00,t,,2026-01-05 13:00:00+00
10,i3,resolved,liguei e resolvi,Marina,2026-01-05 16:00:00+00,t,,2026-01-05 16:00:00+00
11,i4,resolved,conversei,Marina,2026-01-05 16:00:00+00,t,,2026-01-05 16:00:00+00
12,i5,escalation_needed,x,SYSTEM_AI,2026-01-05 12:05:00+00,t,,2026-01-05 12:05:00+00
"""


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, 5, hour, minute, tzinfo=UTC)


def bring_in(*options: str) -> str:
    out = StringIO()
    call_command("import_issues", *options, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "issues.csv").write_text(ISSUES)
    (tmp_path / "actions.csv").write_text(ACTIONS)
    return [str(tmp_path / "issues.csv"), "--actions", str(tmp_path / "actions.csv")]


def of(name: str) -> Issue:
    return Issue.objects.get(external_source="mis-sentinel", external_id=name)


def story(name: str) -> list[tuple]:
    told = of(name).actions.all()
    return [(action.kind, action.at, action.by, action.automated, action.success) for action in told]


def check() -> None:
    """What both ways must give."""
    # Any action set the first response; the first reply that worked is it.
    assert of("i1").first_response_at == at(12, 7)
    assert of("i3").first_response_at == at(13)
    assert of("i4").first_response_at is of("i5").first_response_at is None
    # 5 with its own note, and 3 by automation, are nobody's rating. 4, and 5 of a person's own note, may be one.
    assert [of(name).customer_satisfaction for name in ("i1", "i2", "i3", "i4", "i5")] == [None, None, 4, 5, None]
    assert [of(name).resolved_by for name in ("i1", "i2", "i3")] == ["SYSTEM_AUTO", "SYSTEM_AUTO_RESOLVE", "Marina"]
    assert (of("i1").text, of("i1").sentiment, of("i1").customer.phone) == ("não abre", "angry", "+5511900000001")
    assert story("i1") == [
        ("received", at(12), "customer", False, True),
        ("noted", at(12, 1), "system", True, True),
        ("replied", at(12, 2), "SYSTEM_AI_AGENT", True, False),
        ("replied", at(12, 7), "SYSTEM_AI_AGENT", True, True),
        ("resolved", at(15), "SYSTEM_AUTO", True, True),
    ]
    # Asked for again while a person is asked for: one escalation.
    assert [kind for kind, *_ in story("i2")] == ["received", "replied", "escalated", "noted", "resolved"]
    assert of("i5").escalated_at == at(12, 5)
    assert [automated for *_, automated, _ in story("i3")] == [False] * 4  # received, replied, resolved, rated


@pytest.mark.django_db
class TestFiles:
    def test_the_tables_mean_what_happened_and_not_what_they_say(self, files):
        bring_in(*files)
        check()

    def test_twice_is_once(self, files):
        bring_in(*files)
        before = list(Issue.objects.order_by("pk").values())
        bring_in(*files)
        assert list(Issue.objects.order_by("pk").values()) == before

    def test_issues_without_their_actions_are_imported_with_a_doubt(self, files):
        assert "--actions" in bring_in(files[0])
        # Who resolved them is not known, so no 3 and no 5 can be told from a default.
        assert [of(name).customer_satisfaction for name in ("i1", "i2", "i3", "i4")] == [None, None, 4, None]
        assert of("i2").first_response_at == at(12, 6)


@pytest.mark.django_db(transaction=True)
class TestDatabase:
    @pytest.fixture
    def url(self):
        base = settings.DATABASES["default"]
        url = psycopg.conninfo.make_conninfo(
            "", host=base["HOST"], port=base["PORT"] or None, user=base["USER"], password=base["PASSWORD"] or None,
            dbname=base["NAME"], options="-c search_path=old_system",
        )  # fmt: skip
        with psycopg.connect(url, autocommit=True) as line:
            line.execute("DROP SCHEMA IF EXISTS old_system CASCADE")
            line.execute("CREATE SCHEMA old_system")
            line.execute(
                "CREATE TABLE issues (id text, alert_id uuid, issue_type varchar(50), priority text, status text, customer_name text,"
                " customer_phone varchar(50), detected_at timestamptz, first_response_at timestamptz, resolved_at timestamptz,"
                " time_to_first_response int, resolution_notes text, customer_satisfaction int, metadata jsonb, updated_at timestamptz)"
            )
            line.execute(
                "CREATE TABLE issue_actions (id int, issue_id text, action_type text, action_description text, taken_by text,"
                " taken_at timestamptz, success boolean, customer_response text, created_at timestamptz)"
            )
            for table, text in (("issues", ISSUES), ("issue_actions", ACTIONS)):
                with line.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy:
                    copy.write(text)
            yield url
            line.execute("DROP SCHEMA old_system CASCADE")

    def test_the_tables_are_read_where_they_are_and_left_as_they_are(self, url):
        bring_in("--from-url", url)
        check()
        with psycopg.connect(url) as line:
            assert line.execute("SELECT count(*) FROM issues").fetchone() == (5,)

    def test_without_such_tables_it_says_so_and_keeps_the_password_to_itself(self, url):
        with psycopg.connect(url, autocommit=True) as line:
            line.execute("DROP TABLE issue_actions")
        with pytest.raises(CommandError, match="issue_actions"):
            bring_in("--from-url", url)
        with pytest.raises(CommandError) as error:
            bring_in("--from-url", "postgresql://ana:geheim@127.0.0.1:1/x")
        assert "geheim" not in str(error.value)
