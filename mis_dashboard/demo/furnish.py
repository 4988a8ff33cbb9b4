"""What a company that uses MIS has set up: the demonstration's policy, and what its AI knows of each location."""

from datetime import timedelta

from issues.models import KnowledgeNote, Policy
from mis_dashboard.sandbox.customers import LOCATIONS

# Short enough that a visitor sees issues resolve by themselves.
SILENCE = timedelta(minutes=5)

EVERYWHERE = [
    (
        "Como atendemos",
        "Atendemos por aqui todos os dias. Pedidos de reembolso, descontos e cancelamentos são sempre decididos por uma "
        "pessoa da equipe.",
    ),
]
BY_BUSINESS = {
    "clinic": [
        ("Horário", "A clínica abre de segunda a sexta, das 8h às 18h, e aos sábados, das 8h às 12h."),
        (
            "Exames e laudos",
            "Resultados ficam no portal do paciente. A senha do portal se recupera na tela de entrada, em “Esqueci a senha”.",
        ),
        ("Consulta", "A consulta particular custa R$ 280. Remarcar é gratuito até a véspera."),
    ],
    "school": [
        ("Secretaria", "A secretaria atende de segunda a sexta, das 7h30 às 17h30."),
        (
            "Plataforma",
            "As aulas ficam na plataforma. O acesso é liberado depois da confirmação do pagamento; o e-mail de acesso "
            "pode cair no spam.",
        ),
        ("Mensalidade", "O boleto vence no dia 10. A segunda via sai no portal do responsável, em “Financeiro”."),
    ],
    "shop": [
        ("Loja", "A loja abre de segunda a sábado, das 9h às 19h."),
        ("Entregas", "O código de rastreio vai por e-mail quando o pedido sai da loja."),
        ("Trocas", "Trocas podem ser pedidas em até 7 dias depois da entrega, com a embalagem."),
    ],
    "gym": [
        ("Horário", "A academia abre de segunda a sexta, das 6h às 22h, e aos sábados, das 8h às 14h."),
        ("Acesso", "A catraca lê o aplicativo. Sem sinal, a recepção libera a entrada com um documento."),
        ("Planos", "O plano mensal custa R$ 129. A recorrência se atualiza no aplicativo, em “Pagamento”."),
    ],
}


def furnish() -> None:
    """Sets the policy and writes the notes, into an empty database."""
    Policy.objects.update_or_create(
        pk=1, defaults={"auto_resolve_after_minutes": SILENCE // timedelta(minutes=1), "ask_csat": True}
    )
    notes = [("", *note) for note in EVERYWHERE]
    notes += [(place.id, *note) for place in LOCATIONS for note in BY_BUSINESS[place.business]]
    KnowledgeNote.objects.bulk_create(
        KnowledgeNote(location=location, title=title, text=text) for location, title, text in notes
    )
