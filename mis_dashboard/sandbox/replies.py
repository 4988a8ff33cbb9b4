"""What the stand-in model answers. No reply promises a date, a refund or a price."""

import zlib

from .complaints import Complaint
from .reading import Reading, understand

MAX_CHARS = 400

# "{oi}" becomes "Oi, Ana!" or "Oi!"; "{, nome}" becomes ", Ana" or nothing.
PORTUGUESE = {
    "customer_complaint": [
        "{oi} Sinto muito pela experiência que você teve. A equipe responsável vai olhar o caso com atenção. Se puder, me conte em que dia e com quem foi o atendimento.",
        "{oi} Você tem razão em cobrar um cuidado melhor. Vou levar o que você contou à coordenação. Há algum detalhe que ajude a entender o que aconteceu?",
        "{oi} Peço desculpas pelo transtorno. Vou levar sua mensagem a quem cuida disso por aqui e acompanho a conversa com você.",
    ],
    "urgent_request": [
        "{oi} Entendi que é urgente e vou chamar a equipe. Me confirme, por favor, o nome completo e o melhor telefone para falarmos com você.",
        "{oi} Entendi a urgência do seu pedido. Fique com o telefone por perto: se a equipe precisar de algo, chama por aqui.",
        "{oi} Vou levar o seu caso ao responsável. Enquanto isso, me diga em que local você está e o que precisa primeiro.",
    ],
    "technical_issue": [
        "{oi} Obrigado por avisar. Pode me dizer qual aparelho e navegador você usa, e mandar uma foto da tela? Com isso a equipe técnica encontra o problema mais rápido.",
        "{oi} Vou passar o erro para a equipe técnica. Enquanto isso, tente fechar tudo e abrir de novo em uma janela anônima e me conte se muda alguma coisa.",
        "{oi} Sinto pelo incômodo. A equipe técnica vai olhar o que houve. Em que passo aparece o problema?",
    ],
    "access_problem": [
        "{oi} Vamos recuperar o seu acesso. Confirme, por favor, o e-mail do cadastro e veja se a mensagem de redefinição não caiu no spam.",
        "{oi} Entendi, o acesso não está liberando. Use a opção de redefinir a senha e me avise qual mensagem aparece. Se continuar, a equipe confere o seu cadastro.",
        "{oi} Sinto pela dificuldade para entrar. A equipe vai conferir o seu cadastro. Você está usando o celular ou o computador?",
    ],
    "billing": [
        "{oi} Entendi a sua dúvida sobre a cobrança. O financeiro vai conferir os lançamentos. Se puder, mande uma foto da fatura, escondendo os dados do cartão.",
        "{oi} Obrigado por avisar. O financeiro vai conferir o que foi lançado no seu cadastro. Em nome de quem está o cadastro?",
        "{oi} Sinto pelo susto com a cobrança. Vou pedir a verificação ao financeiro e sigo acompanhando com você por aqui.",
    ],
    "payment_failed": [
        "{oi} Sinto que o pagamento não tenha passado. Confira se o banco não bloqueou a compra por segurança e tente mais uma vez. Se repetir, me diga qual mensagem aparece.",
        "{oi} Vou pedir que verifiquem o seu pagamento. Para não cobrar em dobro, espere a nossa confirmação antes de pagar de novo, por favor.",
        "{oi} Entendi. Vou conferir com o financeiro se o pagamento chegou até nós. Você pode me mandar o comprovante, sem os dados do cartão?",
    ],
    "delivery_complaint": [
        "{oi} Sinto pelo problema com a entrega. Vou pedir à transportadora a posição do seu pedido. Me confirme, por favor, o número dele e o CEP.",
        "{oi} Peço desculpas por isso. Mande uma foto do que chegou e da etiqueta da caixa, assim a equipe de entregas consegue cuidar do seu caso.",
        "{oi} Entendi o que houve com o seu pedido. A equipe de entregas vai verificar e eu acompanho daqui. O endereço do cadastro continua o mesmo?",
    ],
    "scheduling": [
        "{oi} Vou olhar a agenda para você. Me diga, por favor, o dia e o período que funcionam melhor, e eu peço a confirmação à equipe.",
        "{oi} Sinto pela confusão com o horário. Vou pedir à recepção que confira o seu agendamento. Qual era o profissional ou a turma?",
        "{oi} Sem problema, dá para ajustar o seu horário. Me conte duas opções que servem para você e a recepção confirma por aqui.",
    ],
    "cancellation": [
        "{oi} Entendi o seu pedido de cancelamento e vou levá-lo à equipe que cuida disso. Se quiser, me conte o motivo: ajuda a gente a melhorar.",
        "{oi} Entendi que você quer cancelar. Me confirme, por favor, o nome completo do titular para eu encaminhar corretamente.",
        "{oi} Sinto que tenha chegado a esse ponto. A equipe responsável vai tratar do seu pedido com você por aqui.",
    ],
    "question": [
        "{oi} Boa pergunta! Vou confirmar com a equipe e te respondo por aqui. Tem mais alguma coisa que você queira saber?",
        "{oi} Obrigado pelo contato! Deixa eu confirmar essa informação com a unidade para não te passar nada errado.",
        "{oi} Que bom falar com você! Vou pegar a informação certinha com a recepção.",
    ],
    "other": [
        "{oi} Obrigado pela mensagem! Como posso ajudar?",
        "{oi} Que bom receber o seu recado, vou contar à equipe! Precisando, é só chamar.",
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
        "{oi} Entendi, então o problema continua. Vou pedir à equipe que olhe de novo. Mudou alguma coisa desde a última mensagem?",
        "{oi} Obrigado por testar. Vou avisar que ainda não resolveu. Pode me mandar uma foto do que aparece agora?",
        "{oi} Sinto pela insistência do problema. Vou levar as novas informações à equipe e sigo com você por aqui.",
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
        "{oi} I am sorry about this. I will pass it on to the team in charge. Could you send a photo of what you see?",
        "{oi} Thank you for telling us. The team will look into it. Is there any detail that would help them?",
        "{oi} I understand, and I am sorry for the trouble. Please confirm the e-mail of your account so that we find the right record.",
        "{oi} Sorry that this went wrong. The team will look at your case, and I will follow it here with you.",
    ],
    "question": [
        "{oi} Good question! Let me confirm that with the team so that I do not tell you anything wrong.",
        "{oi} Thank you for writing! I am checking that with the front desk.",
    ],
    "thanks": ["Glad to hear it{, nome}! Just write if you need anything.", "Great{, nome}, thank you for letting us know!"],
    "person": [
        "Of course{, nome}. I am handing the conversation to a person of our team, with everything that you have told me.",
        "I understand{, nome}. Somebody from our team will take over here.",
    ],
}  # fmt: skip
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
    key = _key(reading)
    english = reading.language == "en"
    choices = ENGLISH[SAME_IN_ENGLISH.get(key, "problem")] if english else PORTUGUESE[key]
    chosen = choices[zlib.crc32(text.encode()) % len(choices)]
    first = name.split()[0][:30] if name.strip() else ""
    hello = "Hi" if english else "Oi"
    filled = chosen.replace("{oi}", f"{hello}, {first}!" if first else f"{hello}!")
    return filled.replace("{, nome}", f", {first}" if first else "")[:MAX_CHARS]


def _key(reading: Reading) -> str:
    if reading.needs_human:
        return "person" if reading.handover == "person" else "grave"
    if reading.act == "complains":
        return reading.type
    return {"asks": "question", "talks": "other"}.get(reading.act, reading.act)
