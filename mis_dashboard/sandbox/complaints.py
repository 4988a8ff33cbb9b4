"""What customers complain about: invented texts by type and priority, and their variations."""

import random
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """One message of a customer, and what a careful reader would make of it."""

    type: str
    priority: str
    text: str
    language: str


CLINIC, SCHOOL, SHOP, GYM = "clinic", "school", "shop", "gym"
ANY = (CLINIC, SCHOOL, SHOP, GYM)

# (type, priority, businesses, text). Fields in braces are filled in by `_filled`.
PORTUGUESE: list[tuple[str, str, tuple[str, ...], str]] = [
    ("customer_complaint", "high", ANY, "Faz dois dias que ninguém me responde. Isso é um descaso com o cliente."),
    ("customer_complaint", "high", ANY, "Fui atendido com grosseria pela recepção na {dia}, fiquei muito chateado."),
    (
        "customer_complaint",
        "medium",
        ANY,
        "Estou decepcionada com o atendimento, cada pessoa me diz uma coisa diferente.",
    ),
    (
        "customer_complaint",
        "medium",
        (CLINIC,),
        "Esperei mais de uma hora na recepção e ninguém deu uma explicação sequer.",
    ),
    (
        "customer_complaint",
        "medium",
        (SCHOOL,),
        "O professor faltou de novo e ninguém avisou a turma, que falta de respeito.",
    ),
    ("customer_complaint", "medium", (GYM,), "O vestiário está sempre sujo, já reclamei na recepção e nada mudou."),
    (
        "customer_complaint",
        "high",
        (SHOP,),
        "O vendedor foi mal educado comigo no balcão, quero registrar uma reclamação.",
    ),
    ("customer_complaint", "low", ANY, "A música de espera do telefone é muito alta, fica aqui a minha reclamação."),
    ("urgent_request", "critical", (CLINIC,), "URGENTE: preciso do laudo ainda hoje, a cirurgia é amanhã cedo!"),
    (
        "urgent_request",
        "critical",
        (CLINIC,),
        "Minha mãe passou mal depois do procedimento, é uma emergência, alguém me ajuda?",
    ),
    ("urgent_request", "critical", (SCHOOL,), "É urgente: meu filho ainda não saiu da escola e o telefone só chama."),
    (
        "urgent_request",
        "critical",
        (SHOP,),
        "Preciso com urgência da nota, a transportadora está parada na porta esperando.",
    ),
    ("urgent_request", "critical", (GYM,), "Urgente! Fiquei trancado no estacionamento e não tem ninguém na portaria."),
    ("urgent_request", "high", ANY, "Preciso de um retorno com urgência, tenho que decidir isso até o fim da tarde."),
    ("technical_issue", "critical", ANY, "O sistema de vocês está fora do ar desde cedo, não consigo fazer nada."),
    ("technical_issue", "high", ANY, "O aplicativo trava toda vez que eu abro, já instalei de novo e não adiantou."),
    ("technical_issue", "medium", ANY, "O link do formulário abre uma página em branco no meu celular."),
    (
        "technical_issue",
        "medium",
        ANY,
        "Aparece um erro vermelho na tela quando tento enviar meus documentos pelo site.",
    ),
    ("technical_issue", "medium", (SCHOOL,), "O vídeo da aula não carrega, fica girando e dá erro no final."),
    ("technical_issue", "medium", (SHOP,), "O site dá erro 500 quando coloco o produto no carrinho."),
    ("technical_issue", "medium", (GYM,), "O aplicativo do treino não sincroniza, some tudo que eu anoto."),
    ("technical_issue", "low", ANY, "O site está com as letras cortadas no tablet, dá para usar mas é um bug chato."),
    ("access_problem", "high", ANY, "Não consigo acessar minha conta, diz senha inválida e já tentei três vezes!"),
    ("access_problem", "high", (SCHOOL,), "Comprei o curso e o acesso à plataforma ainda não chegou no meu e-mail."),
    ("access_problem", "medium", ANY, "Não recebo o código de verificação para fazer o login."),
    ("access_problem", "medium", ANY, "Esqueci a senha e o e-mail de recuperação não vem, nem no spam."),
    ("access_problem", "high", (GYM,), "A catraca não libera minha entrada, diz que meu acesso está bloqueado."),
    ("access_problem", "medium", (CLINIC,), "Não consigo entrar no portal para ver o resultado do meu exame."),
    (
        "access_problem",
        "medium",
        (SCHOOL,),
        "Meu login de responsável parou de funcionar, não vejo mais as notas da minha filha.",
    ),
    ("billing", "high", ANY, "Fui cobrado duas vezes este mês, apareceram dois lançamentos de {valor} no cartão."),
    ("billing", "high", ANY, "Recebi a cobrança em duplicidade na fatura de {mes}, podem verificar?"),
    ("billing", "medium", ANY, "O valor da fatura veio errado, deveria ser menos que {valor}."),
    ("billing", "medium", (SCHOOL,), "A mensalidade de {mes} veio com um reajuste que ninguém avisou."),
    ("billing", "medium", (GYM,), "Continuam cobrando a taxa de matrícula junto com a mensalidade."),
    ("billing", "medium", (CLINIC,), "Cobraram a consulta particular, mas eu tenho convênio."),
    ("billing", "low", ANY, "Preciso da segunda via do boleto de {mes}, por favor."),
    ("billing", "low", (SHOP, CLINIC), "Ainda não recebi a nota fiscal da compra de {dia}."),
    ("payment_failed", "high", ANY, "O pagamento foi recusado e o pedido não saiu, podem verificar?"),
    ("payment_failed", "high", ANY, "Meu cartão foi recusado três vezes, mas tenho limite."),
    ("payment_failed", "high", ANY, "Fiz o Pix de {valor} e o sistema diz que o pagamento não foi aprovado."),
    ("payment_failed", "medium", ANY, "O link de pagamento expirou antes de eu conseguir pagar."),
    (
        "payment_failed",
        "medium",
        (SHOP, SCHOOL),
        "Não consigo pagar, o QR Code do Pix não abre no aplicativo do banco.",
    ),
    (
        "payment_failed",
        "medium",
        (GYM, SCHOOL),
        "A recorrência falhou porque troquei de cartão e não acho onde atualizar o pagamento.",
    ),
    ("delivery_complaint", "high", (SHOP,), "Meu pedido {pedido} deveria ter chegado na {dia} e até agora nada."),
    (
        "delivery_complaint",
        "high",
        (SHOP,),
        "A entrega do pedido {pedido} consta como feita, mas não recebi nada aqui.",
    ),
    (
        "delivery_complaint",
        "medium",
        (SHOP,),
        "O rastreio do pedido {pedido} está parado há uma semana na transportadora.",
    ),
    ("delivery_complaint", "high", (SHOP,), "O produto chegou quebrado, a caixa veio toda amassada."),
    ("delivery_complaint", "medium", (SHOP,), "Veio a cor errada no pedido {pedido}, pedi azul e recebi verde."),
    ("delivery_complaint", "medium", (SHOP,), "Faltou um item na entrega de hoje, o pedido {pedido} veio incompleto."),
    (
        "delivery_complaint",
        "low",
        (SHOP, SCHOOL),
        "A encomenda com o material ainda não foi postada, o código de rastreio não existe.",
    ),
    ("scheduling", "high", (CLINIC, GYM), "Meu agendamento de hoje às {hora} sumiu do calendário!"),
    ("scheduling", "medium", (CLINIC,), "Preciso remarcar a consulta de {dia} às {hora}, surgiu um imprevisto."),
    (
        "scheduling",
        "high",
        (CLINIC,),
        "Cheguei para a consulta das {hora} e disseram que não tem nada marcado no meu nome.",
    ),
    ("scheduling", "medium", (GYM,), "A aula de {dia} às {hora} aparece lotada, mas eu já tinha agendado."),
    ("scheduling", "low", (CLINIC, GYM), "Gostaria de mudar meu horário de {dia} para mais tarde, dá para remarcar?"),
    ("scheduling", "medium", (SCHOOL,), "A reposição da aula foi marcada para {dia}, mas nesse horário eu não posso."),
    ("scheduling", "medium", ANY, "Não consigo agendar pelo link, nenhum horário aparece disponível."),
    ("cancellation", "high", ANY, "Quero cancelar meu contrato, estou insatisfeito há meses."),
    ("cancellation", "high", (GYM, SCHOOL), "Pedi o cancelamento em {mes} e o plano continua ativo."),
    ("cancellation", "medium", (SHOP,), "Quero cancelar o pedido {pedido}, comprei errado."),
    ("cancellation", "medium", ANY, "Como eu faço para cancelar a assinatura? Não acho a opção em lugar nenhum."),
    ("cancellation", "medium", (CLINIC,), "Preciso cancelar o meu pacote de sessões, vou me mudar de cidade."),
    ("question", "low", ANY, "Vocês abrem no feriado de {dia}?"),
    ("question", "low", ANY, "Qual o horário de funcionamento aos sábados?"),
    ("question", "low", (CLINIC,), "Vocês aceitam o meu convênio? Gostaria de saber antes de ir."),
    ("question", "low", (SCHOOL,), "Gostaria de saber se ainda há vagas para a turma da noite."),
    ("question", "low", (SHOP,), "Vocês têm esse vestido no tamanho G na loja do centro?"),
    ("question", "low", (GYM,), "Vocês têm estacionamento para alunos?"),
    ("other", "low", ANY, "Oi, tudo bem? Uma amiga me passou esse contato."),
    ("other", "low", ANY, "Adorei o espaço novo, ficou lindo, parabéns à equipe!"),
]

ENGLISH: list[tuple[str, str, tuple[str, ...], str]] = [
    ("access_problem", "high", ANY, "Hi, I cannot log in to my account, it says my password is wrong."),
    ("billing", "high", ANY, "I was charged twice this month, could you please check the invoice?"),
    ("payment_failed", "high", ANY, "My card was declined but the bank says that the payment is fine."),
    ("delivery_complaint", "medium", (SHOP,), "My order {pedido} has not arrived yet and the tracking is stuck."),
    ("scheduling", "medium", (CLINIC, GYM), "I need to reschedule my appointment, something came up at work."),
    ("technical_issue", "medium", ANY, "The form on your website opens a blank page on my phone."),
    ("customer_complaint", "high", ANY, "Nobody answers my messages and the front desk was rude to me."),
    ("question", "low", ANY, "What are your opening hours on the weekend?"),
]

GREETINGS = ["", "", "", "Oi! ", "Olá, ", "Bom dia. ", "Boa tarde! ", "Oi, tudo bem? ", "Gente, "]
ENDINGS = {
    "calm": ["", "", "", " Podem me ajudar?", " Aguardo um retorno, por favor.", " Desde já agradeço a atenção."],
    "anxious": ["", " Podem ver isso para mim?", " Estou preocupada.", " Por favor, me respondam.", " E agora?"],
    "angry": [" Isso é um absurdo!", " Que vergonha!", " Não é a primeira vez!!", " Péssimo isso.", " Inadmissível!"],
}
ENGLISH_ENDINGS = {
    "calm": ["", " Thank you for your help.", " Could you have a look?"],
    "anxious": ["", " Please help.", " I am worried."],
    "angry": [" This is unacceptable!", " This is ridiculous!"],
}
PEACEFUL = {"question", "other"}


def complaint(rng: random.Random, business: str = "", mood: str = "calm", language: str | None = None) -> Complaint:
    """A complaint by chance, fit for `business` (any when empty) and said in `mood` (calm, anxious, angry).

    Without a `language`, one in sixteen is in English. The same `rng` state gives the same complaint.
    """
    language = language or ("en" if rng.random() < 1 / 16 else "pt-BR")
    texts = ENGLISH if language == "en" else PORTUGUESE
    fitting = [row for row in texts if not business or business in row[2]]
    kind, priority, _, text = rng.choice(fitting)
    text = _filled(rng, text)
    if kind in PEACEFUL:
        return Complaint(kind, priority, text, language)
    greeting = rng.choice(GREETINGS) if language != "en" else ""
    ending = rng.choice((ENGLISH_ENDINGS if language == "en" else ENDINGS)[mood])
    return Complaint(kind, priority, f"{_joined(greeting, text)}{ending}", language)


def distinct_texts() -> list[tuple[str, str, str, str]]:
    """Every text before its variations, as (type, priority, text, language)."""
    rows = [(texts, language) for texts, language in ((PORTUGUESE, "pt-BR"), (ENGLISH, "en"))]
    return [(kind, priority, text, language) for texts, language in rows for kind, priority, _, text in texts]


def _filled(rng: random.Random, text: str) -> str:
    values = {
        "valor": f"R$ {rng.randrange(49, 890)},{rng.choice(['00', '50', '90'])}",
        "pedido": str(rng.randrange(10_000, 99_999)),
        "dia": rng.choice(["segunda", "terça", "quarta", "quinta", "sexta"]) + "-feira",
        "hora": f"{rng.randrange(8, 19)}h{rng.choice(['', '15', '30', '45'])}",
        "mes": rng.choice(["agosto", "setembro", "outubro", "novembro"]),
    }
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text)


def _joined(greeting: str, text: str) -> str:
    """The greeting and the text, in lower case after a comma: "Olá, meu pedido …"."""
    if greeting.endswith(", ") and text[0].isupper() and not text[:2].isupper():
        return greeting + text[0].lower() + text[1:]
    return greeting + text
