"""What the stand-in model answers: mostly an instruction or a question; now and then it promises to come back, as models do.

No reply names a date, a refund or a price.
"""

import zlib

from .complaints import Complaint
from .reading import Reading, understand

MAX_CHARS = 400

# "{oi}" becomes "Oi, Ana!" or "Oi!"; "{, nome}" becomes ", Ana" or nothing.
PORTUGUESE = {
    "customer_complaint": [
        "{oi} Sinto muito pela experiência que você teve. Me conte, por favor, em que dia e com quem foi o atendimento?",
        "{oi} Você tem razão em cobrar um cuidado melhor. Há algum detalhe que ajude a entender o que aconteceu?",
        "{oi} Lamento que o atendimento tenha deixado a desejar. O que faltou para você sair com tudo resolvido?",
    ],
    "urgent_request": [
        "{oi} Entendi que é urgente. Se alguém corre risco, ligue agora para o serviço de emergência da sua cidade. Em que local você está e o que precisa primeiro?",
        "{oi} Entendi a urgência do seu pedido. Me confirme o nome completo e o que já foi tentado até aqui?",
    ],
    "technical_issue": [
        "{oi} Obrigado por avisar. Feche todas as abas, abra o site em uma janela anônima e entre de novo: isso costuma limpar o erro.",
        "{oi} Sinto pelo incômodo. Atualize o aplicativo na loja do seu celular, reinicie o aparelho e tente mais uma vez.",
        "{oi} Obrigado por avisar. Pode me dizer qual aparelho e navegador você usa, e mandar uma foto da tela?",
    ],
    "access_problem": [
        "{oi} Para recuperar o acesso, toque em Esqueci a senha, digite o e-mail do cadastro e siga o link que chega na caixa de entrada ou no spam.",
        "{oi} Entendi, o acesso não funciona. Saia da conta em todos os aparelhos, redefina a senha e entre de novo.",
        "{oi} Sinto pela dificuldade para entrar. Qual mensagem aparece na tela, e você está usando o celular ou o computador?",
    ],
    "billing": [
        "{oi} Entendi a sua dúvida sobre a cobrança. Na área do cliente, em Faturas, cada lançamento aparece com a sua descrição: confira qual deles não reconhece.",
        "{oi} Obrigado por avisar. Em nome de quem está o cadastro, e qual lançamento você não reconhece?",
        "{oi} Entendi. Mande, por favor, uma foto da fatura, escondendo os dados do cartão.",
    ],
    "payment_failed": [
        "{oi} Sinto que o pagamento não tenha passado. Confira se o banco não bloqueou a compra por segurança e tente mais uma vez. Se repetir, me diga qual mensagem aparece.",
        "{oi} Confira no aplicativo do banco se o limite do cartão permite a compra, e se o nome e o número foram digitados como estão no cartão.",
        "{oi} Experimente outra forma de pagamento na mesma tela: assim dá para saber se o bloqueio é do cartão ou da compra.",
    ],
    "delivery_complaint": [
        "{oi} Sinto pelo problema com a entrega. O código de rastreio está no e-mail da compra, e a página da transportadora mostra onde o pacote está. Qual situação aparece lá?",
        "{oi} Peço desculpas por isso. Mande uma foto do que chegou e da etiqueta da caixa, por favor.",
        "{oi} Sinto pelo atraso. Me confirme, por favor, o número do pedido e o CEP da entrega.",
    ],
    "scheduling": [
        "{oi} Para mudar o horário, abra Meus agendamentos na área do cliente, escolha o atendimento e toque em Remarcar.",
        "{oi} Sinto pela confusão com o horário. Qual era o profissional ou a turma?",
        "{oi} Sem problema, dá para ajustar o seu horário. Me conte duas opções que servem para você?",
    ],
    "cancellation": [
        "{oi} Entendi que você quer cancelar. Na área do cliente, em Meu plano, escolha Cancelar e confirme pelo e-mail que chega em seguida.",
        "{oi} Entendi que você quer cancelar. Me confirme, por favor, o nome completo do titular.",
    ],
    "question": [
        "{oi} Boa pergunta! Essa informação está na página da unidade, em Perguntas frequentes. O que mais você gostaria de saber?",
        "{oi} Obrigado pelo contato! Sobre qual unidade ou serviço é a sua dúvida?",
    ],
    "other": [
        "{oi} Obrigado pela mensagem! Como posso ajudar?",
        "{oi} Que bom receber o seu recado! Precisando, é só chamar.",
        "{oi} Estou por aqui. Me conte o que você precisa, por favor.",
    ],
    "thanks": [
        "Que bom que deu certo{, nome}! Precisando, é só chamar.",
        "Fico feliz em saber{, nome}! Obrigado por avisar.",
        "Maravilha{, nome}! Estamos por aqui quando precisar.",
    ],
    "rates": [
        "Obrigado pela avaliação{, nome}! Ela ajuda muito a nossa equipe.",
        "Obrigado pela nota{, nome} e por dedicar esse tempinho!",
    ],
    "insists": [
        "{oi} Entendi, então o problema continua. Mudou alguma coisa desde a última mensagem?",
        "{oi} Obrigado por testar. Pode me mandar uma foto do que aparece agora?",
    ],
    "person": [
        "Claro{, nome}. Vou passar a conversa para uma pessoa da equipe, com tudo o que você já contou, para não precisar repetir.",
        "Entendo{, nome}. Alguém da equipe vai assumir a conversa com você por aqui.",
        "Com certeza{, nome}. Uma pessoa da nossa equipe vai continuar este atendimento, já com o histórico em mãos.",
    ],
    "grave": [
        "{oi} Sinto muito por isso. O seu caso precisa de uma pessoa: alguém da equipe vai assumir a conversa por aqui.",
        "{oi} Entendo a gravidade do que você contou. Uma pessoa responsável vai continuar este atendimento com você.",
    ],
}  # fmt: skip
ENGLISH = {
    "problem": [
        "{oi} I am sorry about this. Please sign out, open the page in a private window and sign in again.",
        "{oi} Thank you for telling us. Could you send a photo of what you see, without any card details?",
        "{oi} I understand, and I am sorry for the trouble. Please confirm the e-mail of your account so that we find the right record.",
    ],
    "question": [
        "{oi} Good question! It is answered on the page of your unit, under Frequently asked questions. What else would you like to know?",
    ],
    "thanks": ["Glad to hear it{, nome}! Just write if you need anything.", "Great{, nome}, thank you for letting us know!"],
    "person": [
        "Of course{, nome}. I am handing the conversation to a person of our team, with everything that you have told me.",
        "I understand{, nome}. Somebody from our team will take over here.",
    ],
}  # fmt: skip
# What is said instead by a model that promises to come back: of so many times, once.
PROMISING_IN_PORTUGUESE = {
    "customer_complaint": "{oi} Peço desculpas pelo transtorno. Vou levar sua mensagem a quem cuida disso por aqui e acompanho a conversa com você.",
    "urgent_request": "{oi} Vou levar o seu caso ao responsável. Enquanto isso, me diga em que local você está e o que precisa primeiro.",
    "technical_issue": "{oi} Sinto pelo incômodo. A equipe técnica vai olhar o que houve. Em que passo aparece o problema?",
    "access_problem": "{oi} Sinto pela dificuldade para entrar. A equipe vai conferir o seu cadastro com o nome que você usou.",
    "billing": "{oi} Sinto pelo susto com a cobrança. Vou pedir a verificação ao financeiro e sigo acompanhando com você por aqui.",
    "payment_failed": "{oi} Entendi. Vou conferir com o financeiro se o pagamento chegou até nós. Você pode me mandar o comprovante, sem os dados do cartão?",
    "delivery_complaint": "{oi} Entendi o que houve com o seu pedido. A equipe de entregas vai verificar e eu acompanho daqui. O endereço do cadastro continua o mesmo?",
    "scheduling": "{oi} Sinto pela confusão com o horário. Vou pedir à recepção que confira o seu agendamento.",
    "cancellation": "{oi} Sinto que tenha chegado a esse ponto. A equipe responsável vai tratar do seu pedido com você por aqui.",
    "question": "{oi} Obrigado pelo contato! Deixa eu confirmar essa informação com a unidade para não te passar nada errado.",
    "insists": "{oi} Sinto pela insistência do problema. Vou levar as novas informações à equipe e sigo com você por aqui.",
}
PROMISING_IN_ENGLISH = {
    "problem": "{oi} Sorry that this went wrong. The team will look at your case, and I will follow it here with you.",
    "question": "{oi} Thank you for writing! Let me confirm that with the front desk so that I do not tell you anything wrong.",
}
SELDOM = 40

SAME_IN_ENGLISH = {
    "rates": "thanks",
    "thanks": "thanks",
    "person": "person",
    "grave": "person",
    "question": "question",
    "other": "question",
}


def reply_for(complaint: Complaint, name: str = "") -> str:
    """A fitting reply to `complaint`, of at most 400 characters, with the first name of `name` when there is one."""
    return reply_to(understand(complaint.text), complaint.text, name)


def reply_to(reading: Reading, text: str, name: str = "") -> str:
    """A fitting reply to `text` as read. The same words get the same reply; other words may get another."""
    english = reading.language == "en"
    chosen = _chosen(_key(reading), english, zlib.crc32(text.encode()))
    first = name.split()[0][:30] if name.strip() else ""
    hello = "Hi" if english else "Oi"
    filled = chosen.replace("{oi}", f"{hello}, {first}!" if first else f"{hello}!")
    return filled.replace("{, nome}", f", {first}" if first else "")[:MAX_CHARS]


def _chosen(key: str, english: bool, draw: int) -> str:
    if english:
        key = SAME_IN_ENGLISH.get(key, "problem")
    choices, promising = (ENGLISH, PROMISING_IN_ENGLISH) if english else (PORTUGUESE, PROMISING_IN_PORTUGUESE)
    if key in promising and draw % SELDOM == 0:
        return promising[key]
    return choices[key][draw // SELDOM % len(choices[key])]


def _key(reading: Reading) -> str:
    if reading.needs_human:
        return "person" if reading.handover == "person" else "grave"
    if reading.act == "complains":
        return reading.type
    return {"asks": "question", "talks": "other"}.get(reading.act, reading.act)
