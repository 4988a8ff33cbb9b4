"""The column map: by which names each field is known, and which column of a table holds it.

A name is compared without case, accents and punctuation: "Data de Abertura" is `data_de_abertura`. Where a table has
several columns for one field, the first name in this list wins.
"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from .files import Unreadable
from .values import plain

# field: what it is, and the names that are understood.
ISSUE = {
    "id": ("what names the issue in the other system", "issue_id id number external_id ticket_id ticket incident_id incident case_id numero chamado protocolo codigo"),
    "detected_at": ("when the problem showed itself", "detected_at opened_at opened created_at sys_created_at created data_abertura data_de_abertura aberto_em criado_em"),
    "first_response_at": ("when the customer was first answered", "first_response_at first_reply_at first_responded_at responded_at primeira_resposta_em primeira_resposta respondido_em"),
    "assigned_at": ("when a person took it", "assigned_at atribuido_em"),
    "escalated_at": ("when it was escalated", "escalated_at escalado_em escalonado_em"),
    "resolved_at": ("when it was solved", "resolved_at solved_at resolvido_em data_resolucao data_de_resolucao"),
    "closed_at": ("when it was closed", "closed_at fechado_em encerrado_em data_fechamento data_de_fechamento"),
    "priority": ("1 to 4, \"3 - Moderate\", or a word; empty: medium", "priority prioridade severity severidade"),
    "type": ("what kind of problem", "issue_type type category tipo categoria"),
    "location": ("which client of the agency", "location location_id branch unidade loja local"),
    "status": ("where it stands", "status state incident_state situacao estado"),
    "text": ("the customer's words", "text message description short_description mensagem descricao texto"),
    "rating": ("1 to 5, by the customer; 0 or empty: none", "csat customer_satisfaction satisfaction rating stars satisfacao nota avaliacao"),
    "rated_at": ("when the customer rated; else the end of the issue", "rated_at survey_answered_at csat_at avaliado_em"),
    "answered_by": ("who gave the first answer", "answered_by first_response_by responded_by respondido_por"),
    "resolved_by": ("who solved it", "resolved_by resolvido_por"),
    "escalation_reason": ("why it was escalated", "escalation_reason motivo_escalonamento"),
    "notes": ("how it was solved", "resolution_notes close_notes notas_resolucao"),
    "sentiment": ("positive, neutral, negative, angry", "sentiment sentimento"),
    "phone": ("the customer's phone", "customer_phone phone telefone celular whatsapp"),
    "contact_id": ("the customer in the CRM", "contact_id"),
    "name": ("the customer's name", "customer_name nome_cliente cliente"),
    "sla_met": ("the other system's own verdict, kept beside ours", "sla_met made_sla sla_cumprido"),
    "false_positive": ("whether it was no problem at all", "false_positive falso_positivo"),
    "response_due_at": ("when the answer was due; else by our targets", "response_due_at"),
    "resolution_due_at": ("when the solution was due; else by our targets", "resolution_due_at"),
    "metadata": ("JSON of the old system", "metadata"),
    "updated_at": ("when this version was made: newer ones win", "updated_at sys_updated_at sys_updated last_updated modified_at atualizado_em"),
    "events": ("how many changes this version knows of: more wins", "events sys_mod_count"),
}  # fmt: skip

EVENT = {
    "id": ("the issue", "issue_id id number external_id ticket_id incident"),
    "at": ("when", "at updated_at sys_updated_at timestamp date quando data"),
    "state": ("the state from then on", "state status incident_state estado situacao"),
    "seq": ("the order in the log; else by time", "seq sequence sequencia ordem"),
    "by": ("who did it", "by taken_by updated_by sys_updated_by por"),
}

ACTION = {
    "id": ("the issue", "issue_id"),
    "at": ("when", "taken_at created_at"),
    "kind": ("what was done", "action_type"),
    "by": ("who did it", "taken_by"),
    "success": ("whether it worked", "success"),
}

NEEDED = {"issue": ["id", "detected_at"], "event": ["id", "at", "state"], "action": ["id", "at", "kind"]}
FIELDS = {"issue": ISSUE, "event": EVENT, "action": ACTION}
SHOWN_NAMES, SHOWN_CHARS = 60, 40


def chosen(header: Sequence[str], kind: str, wanted: dict[str, str]) -> dict[str, int]:
    """field → place in `header`, for a table of this `kind`. `wanted` is field → column, "" for none, and goes before.

    Raises Unreadable, which names what was found and what to write.
    """
    known = [plain(name) for name in header]
    found = {}
    for field, (_what, names) in FIELDS[kind].items():
        places = [known.index(name) for name in names.split() if name in known]
        if field not in wanted and places:
            found[field] = places[0]
    for field, column in wanted.items():
        if column:
            found[field] = _place(header, known, kind, field, column)
    for field in NEEDED[kind]:
        if field not in found:
            raise Unreadable(_missing(header, kind, field, bool(found)))
    return found


def _place(header: Sequence[str], known: list[str], kind: str, field: str, column: str) -> int:
    if field not in FIELDS[kind]:
        told = {"field": field, "known": ", ".join(FIELDS[kind])}
        raise Unreadable(_("--map: %(field)s is no field. Fields: %(known)s.") % told)
    if column in header:
        return header.index(column)
    if plain(column) not in known:
        told = {"column": column, "found": shown(header)}
        raise Unreadable(_("--map: there is no column %(column)s. Found: %(found)s.") % told)
    return known.index(plain(column))


def _missing(header: Sequence[str], kind: str, field: str, any_known: bool) -> str:
    if not any_known:
        return _("The first line names no column that is known. It must be the header: see --help for the names.")
    prefix = "" if kind == "issue" else f"{kind}."
    told = {
        "field": field,
        "found": shown(header),
        "names": ", ".join(FIELDS[kind][field][1].split()),
        "prefix": prefix,
    }
    return (
        _("No column for %(field)s. Found: %(found)s. Write --map %(prefix)s%(field)s=COLUMN (understood: %(names)s).")
        % told
    )


def shown(header: Iterable[str]) -> str:
    """Names of columns, not too many and none too long."""
    names = [name[:SHOWN_CHARS] for name in header if name]
    more = [f"… (+{len(names) - SHOWN_NAMES})"] if len(names) > SHOWN_NAMES else []
    return ", ".join(names[:SHOWN_NAMES] + more)


def described() -> str:
    """The whole map, for --help."""
    titles = {"issue": "FILE", "event": "--events FILE (--map event.FIELD=COLUMN)", "action": "--actions FILE"}
    lines = []
    for kind, fields in FIELDS.items():
        lines.append(f"Columns of {titles[kind]}; needed: {', '.join(NEEDED[kind])}")
        for field, (what, names) in fields.items():
            lines.append(f"  {field:<18} {what}\n{'':<21}{', '.join(names.split())}")
        lines.append("")
    return "\n".join(lines)
