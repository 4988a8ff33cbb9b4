"""What binds us: whether a sentence promises, grants or only speaks of something, and what it is about."""

import re
from functools import lru_cache

from .claims import parts
from .words import plain, sentences


def _any_of(*stems: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(stems) + ")")


# Money that could leave us. A credit card is none.
TOPICS: dict[str, re.Pattern[str]] = {
    "refund": _any_of(
        "reembols", "estorn", "ressarc", r"devolu[ct]\w+ (?:(?:d[eoa]s?|em|dobro|integral|total) )*(?:seu |sua |todo |valor|dinheiro|pagamento|quantia|pago|montante|pix|taxa)",
        r"devolv(?:er(?:emos|ei|ah|a|ao)?|emos|ido|idos|e|o)\b(?! (?:a |o |os |as |sua |seu |uma |essa |esta |este |esse |todo o |toda a )*(?:ligac|chamad|produto|item|itens|peca|mercadoria|pedido|livro|roupa|tenis|vestido|equipamento|aparelho|chave|mensagem|contato|compra))", r"devolv\w+ (?:\w+ ){0,4}(?:dinheiro|valor|pagamento|quantia|r\s?\$|\d|reais|taxa|mensalidade|pago|gast)",
        r"(?:dinheiro|valor|grana) (?:\w+ ){0,2}de volta", r"(?:seu|o|a) (?:dinheiro|grana|valor) (?:\w+ ){0,3}(?:volt|devolv)", r"(?:receb|devolv|devolu|restitu|pag)\w* (?:\w+ ){0,4}(?:em|o) dobro", "refund", "reimburs", "money back", r"money (?:\w+ ){0,3}(?:back|return)", "pay you back", r"give you back", r"repay",
    ),
    "discount": _any_of(
        "descont", "abatiment", "discount", "cupom", "cupon", "coupon", "voucher", r"vale[- ](?:compra|presente|desconto)", "cashback",
        r"\d+ ?% (?:off|de desconto|less)", "promocao", "promocional", "oferta", "special offer", "brinde", "bonus\\b", "bonific", "premio", "sorte(?:io|ad)", "presente\\b", "gift", "prize", r"voce (?:\w+ )?ganh", r"ganhador", r"you(?:'ve)? (?:have )?w[io]n",
        r"acab\w+ de ganhar", r"cobr(?:imos|e|iremos) (?:o |a |qualquer )*(?:preco|oferta|valor|proposta)", r"pag(?:ar|ue|a|ando) (?:so |apenas |somente )?(?:um|uma|1|metade)\b", r"\d pelo preco d", r"metade d[oe] (?:preco|valor)", r"(?:pag|cobr|fica|sai)\w* (?:\w+ ){0,3}metade\b", "half price", "preco especial", "condicao especial",
    ),
    "compensation": _any_of("indeniz", r"compensa(?:cao|remos|coes|r[ea]mos|toria|do financ)", r"vamos (?:te |lhe )?compensar", "danos morais", "compensation", "damages", "reparacao"),
    "credit": _any_of(
        r"(?<!cartao de )(?<!cartao )(?<!cartoes de )credito", r"(?<!card )(?<!a )credit(?! ?card)(?:ed|s)?\b", "creditad", "creditar", "saldo (?:de |extra|adicional|no valor)",
    ),
    "waiver": _any_of(
        r"isen(?:t|cao|coes)", r"perdo(?:ad|ar|amos|aremos|ou)", r"anistia", r"waive", "abonad",
        r"(?:zer|quit|cancel|anul|abat|retir|baix|elimin|exclu|apag)\w* (?:\w+ ){0,3}(?:multa|divida|debito|cobranca|fatura|mensalidade|boleto|taxa|juros|parcela|saldo devedor)",
        r"(?:multa|divida|debito|cobranca|fatura|mensalidade|boleto|taxa|juros|parcela|saldo devedor|pendencia)s? (?:\w+ ){0,4}(?:zerad|quitad|cancelad|anulad|perdoad|baixad|pag[ao]\b|retirad|liquidad|regularizad|extint)",
        r"nao (?:vai|haverah?|ha|tem|terah?|existe|serah?|sera|cobr\w+) (?:\w+ ){0,3}(?:multa|juros|taxa)", r"(?:multas?|juros|taxas?|mensalidade|fidelidade) (?:\w+ ){0,3}nao (?:vai|vao|haverah?|ha|tem|terah?|existe|serah?|serao|se aplica|eh cobrad)", r"(?:tir|remov|dispens)\w* (?:\w+ ){0,3}(?:multa|juros|taxa|cobranca|fidelidade)", r"sem (?:qualquer |nenhuma? |nenhum )?(?:multa|juros|onus|taxa|fidelidade|carencia)", r"nao (?:\w+ ){0,2}(?:deve|deves|devem) (?:mais )?nada", r"(?:voce|tudo) (?:\w+ ){0,2}em dia\b", r"nao (?:tem|ha|existe|consta)m? (?:mais )?(?:nenhum\w? )?(?:debito|pendencia)", "debt (?:is|has been) (?:cleared|cancel)", "no longer owe",
    ),
    "free": _any_of(
        "gratis", "gratuit", "de graca", r"sem (?:qualquer |nenhum )?(?:custo|pagar|cobranca|pagamento)", r"nao (?:vai|haverah?|ha|tem|terah?|existe|serah?|cobr\w+) (?:\w+ ){0,3}(?:custo|cobranca)", "custo zero", "free of charge", "for free\\b", "no cost", "no charge",
        "cortesia", r"por (?:nossa|minha) conta", "para toda a vida", "para sempre", r"nao cobra(?:mos|remos)\b", r"nao (?:vamos|iremos) cobrar\b", "forever", "por conta da casa", "on the house", "complimentary", r"(?:eh|is|are|totally|100 ?%|completely|serah?|fica|ficara) (?:totalmente |completamente )?free\b", "free (?:month|shipping|delivery|upgrade|access|plan|of)",
        r"nao (?:\w+ ){0,2}(?:paga|pagara|pagarah|pagar) (?:mais )?nada", r"nao (?:precisa(?:rah)?|vai precisar) pagar", "vitalici", "lifetime",
    ),
    "payment": _any_of(
        r"(?:pagamento|pix|boleto|deposito|transferencia)s? (?:\w+ ){0,4}(?:aprovad|confirmad|recebid|compensad|identificad|baixad|caiu|liberad|feit[ao]\b|realizad|efetuad|concluid)",
        r"(?:aprovamos|confirmamos|recebemos|confirmo|aprovo|identificamos) (?:o |a |seu |sua |com sucesso |o seu )*(?:pagamento|pix|boleto|deposito|transferencia)",
        r"payment (?:\w+ ){0,3}(?:confirmed|approved|received)",
    ),
}  # fmt: skip
_ANY_TOPIC = re.compile("|".join(pattern.pattern for pattern in TOPICS.values()))

# What somebody will look into binds nobody.
_CHECK = (
    "verific|confer|analis|avali|chec|cheq|olh|ver\\b|ve\\b|entend|averigu|apur|investig|consult|pergunt|encaminh|repass|pass|lev|registr|pedir|pec|"
    "solicit|busc|pegar|chamar|falar|convers|acompanh|cuid|trat|confirmar|ajud|orient|explic|inform|avis|continu|seguir|sig|assum|"
    "respond|retorn|entrar em contato|dar (?:uma olhada|atencao|andamento|seguimento|retorno)|tentar|localiz|rastre|revis|examin|estud|escut|ouv|anot|contar|pedimos|precis|deix|direcion|transfer(?:ir|i) (?:voce|a conversa|o atendimento|seu caso)|"
    "check|look|review|ask|forward|pass|follow|find|help|verify|see|investigat|confirm\\b|contact|reach|speak|talk|hand|take|carry|connect|get back|let you know|need|be (?:glad|happy|able|in touch)"
)
_CHECKING = re.compile(
    r"\b(?:vou|vamos|vai|vao|irei|irah|iremos|ira|pode|podemos|posso|podera|poderah|preciso|precisa|precisamos|deixa?e? eu|para|pra|a|que|ja estamos|estamos|estou|esta|sera|serah|seja|sejam|foi|"
    r"can|could|will|to|i'll|we'll|let me|let us|are|am|is|be|may|have|been)"
    rf"(?: (?:\w+ ){{0,2}}?(?:{_CHECK})\w*)+"
    rf"|\b(?:verific|analis|avali|confer|encaminh|repass|acompanh|cuid|ajud|retorn|respond|consult|orient|explic|inform|avis|continu)[aei]r(?:emos|ei|ah|ao)\b"
)
_DONE = (
    "aprov(?:ad|amos|o\\b|ei\\b)|autoriz(?:ad|amos|o\\b|ei\\b)|conced|confirmad|confirmamos|confirmo\\b|garant(?:id|imos|o\\b)|liberad|liberamos|liberei|"
    "aplicad|aplicamos|apliquei|ativad|ativamos|processad|processamos|efetuad|efetuamos|realizad|creditad|creditamos|estornad|estornamos|reembolsad|"
    "reembolsamos|devolvid|devolvemos|ressarcid|indenizad|isent[ao]|isentamos|perdoad|perdoamos|quitad|zerad|zeramos|(?<!reserva )(?<!consulta )(?<!compra )(?<!pedido )(?<!viagem )(?<!assinatura )cancelad|cancelamos|agendad|agendamos|"
    "remarcad|remarcamos|marcad|marcamos|reservad|reservamos|deferid|homologad|emitid|emitimos|geramos|gerad|depositad|depositamos|enviad[ao] (?:o )?(?:pix|valor)|"
    "recebemos (?:o |seu |sua |com sucesso )*(?:pagamento|pix|valor|deposito|transferencia)|compensad|baixad|(?:ja|foi|esta|fica|ficou|serah?) (?:tudo )?(?:feit|resolvid|pag[ao]\\b|certo|anotad|valend|ativ|a caminho)|combinad|fechad[ao]|valend|acertad|"
    "approved|authori[sz]ed|granted|confirmed|guaranteed|applied|processed|refunded|credited|cancell?ed|issued|waived|scheduled|booked|completed"
)  # fmt: skip
_PROMISE = (
    "vou\\b|vamos|vai\\b|vao|iremos|irei\\b|irah\\b|\\w+[aei]remos\\b|\\w+[aei]rei\\b|\\w+[aeio]rah\\b|\\w+[aei]rao\\b|sera\\b|tera\\b|recebera\\b|ganhara\\b|devolvera\\b|"
    "ficara\\b|chegara\\b|entregara\\b|podera\\b|estara\\b|caira\\b|prometo|prometemos|promessa|garanti[ar]|garantia de|juro\\b|asseguro|asseguramos|comprometemos|comprometo|pode contar|pode considerar|conte com|"
    "tem direito|direito a\\b|ganh(?:a|ou|e)\\b|ofere[cç]|dou\\b|damos\\b|concedo|presente\\b|parabens|eh (?:sua?|seu|meu|de|r\\b|r\\$|gratis|gratuit|\\d|so|apenas)|custa|fica (?:por|em|r\\s?\\$|\\d|gratis|isent)|fica\\b(?! (?:apertad|dificil|ruim|complicad))|sai (?:por|de graca|a\\b)|"
    "por apenas|apenas r|so r\\s?\\$|passa a|chega\\b|chegam\\b|entregamos|entrega (?:eh|em|ate|no|na)|estarem?os|abr(?:e|imos)\\b|funciona(?:mos)?\\b|atendemos|eh (?:hoje|amanha|dia|as)|disponivel|pronto|(?:%|reais|gratis|descontos?|credito|isencao|[\\d.,]+) (?:\\w+ ){0,3}(?:para|pra) (?:voce|o senhor|a senhora)|"
    "fazemos|faremos|faco|fizemos|temos (?:um|uma|o|a|sim)|devolvo|devolvemos|reembolso (?:integral|total|imediato|completo|garantido)|reembolsamos|estornamos|pagamos|pagaremos|pagarei|ress?arcimos|"
    "aproveite|use o (?:cupom|codigo)|use (?:este|esse|seu)|utilize|resgate|ok\\b|certo\\b|claro\\b|sim\\b|com certeza|(?<![a-z] )feito\\b|tudo (?:certo|feito)|pode deixar|(?<!seu )(?<!sua )(?<!nome )(?<!cpf )corret[oa]|oficial|valido|valida|vale\\b|"
    "will\\b|we'll|i'll|shall|going to|promise|guarantee|pledge|you (?:get|have|won|are entitled|are eligible|qualify|receive|can have)|entitled|eligible|is yours|are yours|enjoy|"
    "congratulations|deal\\b|done\\b|yes\\b|sure\\b|of course|costs?\\b|is (?:only|just|free|r\\$|\\$|\\d)|we (?:offer|give|approve|grant|confirm|accept)|i (?:approve|grant|confirm|offer|give)|here is|here's"
)  # fmt: skip
DONE = re.compile(rf"\b(?:{_DONE})")
PROMISE = re.compile(rf"\b(?:{_PROMISE})")
# "A consulta marcada para sexta" speaks of a day; "está marcada para sexta" gives one.
_FIXED = re.compile(
    r"(?:^|[,:;!] ?|\b(?:foi|foram|esta|estah|estao|ficou|fica|ficam|ja|is|are|been|was|now|ta|tudo|deixei|deixamos)\b (?:\w+ ){0,3}?)"
    r"(?:(?:re)?marcad|(?:re)?agendad|confirmad|aprovad|garantid|reservad|combinad|liberad|scheduled|booked|confirmed|approved|rescheduled|set\b)"
    r"|(?<!em )(?<!de )\b(?:(?:re)?marc|(?:re)?agend|confirm|aprov|reserv|combin|anot)(?:amos|ei|o)\b"
)
# "Entendi que a aula de sexta já estava marcada": the customer's report, told again.
REPORT = re.compile(
    r"\b(?:entend\w*|compreend\w*|vi|sei|percebi|pelo|understand|see) (?:que|that|o que)\b[^.;!?]*|\b(?:sinto|lament\w*|desculp\w*|sorry)\b[^.;!?,]*"
)
# "Vou ver se ainda é válido": asked of somebody else, and so not said.
_WHETHER = re.compile(r"\b(?:se|onde|como|quando|por que|quem|if|whether) (?!voce\b|nao\b|you\b)(?:[^.;!?,]|[.,]\d)*")
# "Não foi aprovado", "não podemos garantir", "nunca prometemos": nothing is given.
_DENIED = re.compile(
    r"\b(?:nao|nunca|jamais|nem|ainda nao|not|never|cannot|can't|unable to)\s+(?:(?:se|te|lhe|me|foi|eh|esta|estah|posso|podemos|consigo|conseguimos|tenho|temos|vou|vamos|ha|como|fazer|i|we|can|is|was|be|been|to|possivel|que|de|do|um|uma|nenhum|a|o|ser|sera|serah|tenha|foram|seja|sido|had|has|have|able|yet|autorizacao para|permissao para)\s+)*[\w$%]+"
)  # fmt: skip
# A sentence in which the customer's words may come back: it takes them up, asks, regrets or looks into them.
_TAKING_UP = _any_of(
    "entend", "compreend", "imagin", "preocup", "frustr", "chatea", r"sei (?:como|que|o quanto)", "urgencia", r"espera\b", r"razao\b", r"tempo demais", r"(?:muito|bastante) tempo", "demora", "sobre\\b", "quanto a", "a respeito", "referente", "verific", "confer", "analis", "avali", "checar", "cheque", "sinto", "lament",
    "desculp", r"confir[ao]m?\b", "pedir", r"confirmar\b", r"pec[ao]\b", r"(?<!sem )problema", "duvida", "questao", "pedido de", "solicitacao", "reclamacao", "relat", "situacao", "status", "andamento", "caso\\b", "encaminh", "infelizmente",
    "que voce", "voce (?:\\w+ )?(?:disse|pediu|quer|precisa|informou|mencionou|comentou|citou|enviou|mandou|escreveu|recebeu|pagou|fez|marcou|gostaria|solicitou|comprou|viu|tentou|contou|perguntou|relatou)",
    "nao (?:posso|podemos|consigo|conseguimos|tenho|temos|sei|sabemos)", "depende", "obrigad[oa] por", "vi que", "consta", "(?:vou|vamos|iremos) (?:lev|pass)ar", "cuid", "acompanh", "olhar", "ver\\b", "apenas a equipe", "so a equipe", "somente a equipe",
    "sorry", "understand", "about\\b", "regarding", "look(?:ing)? into", "check", "review", "you (?:said|asked|mentioned|sent|wrote|paid|received|bought|told)", "unfortunately", "cannot", "can't", "apolog", "forward", "your (?:request|question|concern|complaint)", "thank you for", "thanks for",
)  # fmt: skip


# "Tiramos os juros" binds; "entendemos" and "estamos" do not.
_WE_DO = re.compile(
    r"\b(?!(?:est|pod|v|lament|sab|agradec|receb|verific|analis|confer|encaminh|pass|precis|consegu|registr|anot|retorn|respond|fal|fic|quer|"
    r"dev|inform|pergunt|prez|chec|consult|acompanh|entend|compreend)[aei]mos\b|(?:temos|somos|sentimos|pedimos|ultimos|proximos|minimos|maximos)\b)\w{2,}[aei]mos\b"
)


# "Claro, vou ver" agrees to look, and to no more.
_AGREES = re.compile(r"^\W*(?:sim|claro|certo|ok|com certeza|pode deixar|perfeito|yes|sure|of course)\W+(?=, )")


def _said_outright(sentence: str) -> str:
    """The sentence without what it denies, what will be looked into, and whatever that is about."""
    rest = _CHECKING.sub(" , ", sentence)
    if rest != sentence:
        rest = _AGREES.sub("", _WHETHER.sub(" , ", rest))
    return _DENIED.sub(" , ", rest)


def binding(sentence: str) -> str:
    """ "done" when the plain `sentence` says that something is granted or has happened, "promise" when that it will be."""
    rest = _said_outright(sentence)
    if DONE.search(rest):
        return "done"
    return "promise" if PROMISE.search(rest) or _WE_DO.search(rest) else ""


def fixes(sentence: str) -> bool:
    """Whether the plain `sentence` fixes a day or an hour, and does not only speak of one."""
    rest = _said_outright(REPORT.sub(" ", sentence))
    return bool(_FIXED.search(rest) or PROMISE.search(rest))


def denies(sentence: str) -> bool:
    """Whether the plain `sentence` only says what is not so: "às segundas não abrimos"."""
    return bool(_DENIED.search(sentence)) and not fixes(sentence)


def takes_up(sentence: str, *, day: bool = False) -> bool:
    """Whether the sentence only speaks of what the customer brought, a `day` or anything else: it may use their words."""
    if fixes(sentence) if day else binding(sentence):
        return False
    return sentence.rstrip().endswith("?") or bool(_TAKING_UP.search(sentence))


# "Você não deve mais nada" gives, and "não será reembolsado" does not.
_GIVEN_BY_DENIAL = {"waiver", "free"}


def gives_by_denial(sentence: str, topic: str) -> bool:
    """Whether the plain `sentence` gives by what it denies: "a multa não será cobrada"."""
    said = REPORT.sub(" ", sentence)
    if topic not in _GIVEN_BY_DENIAL or said.rstrip().endswith("?") or not TOPICS[topic].search(said):
        return False
    return not TOPICS[topic].search(without_denials(said))


def without_denials(sentence: str) -> str:
    return _DENIED.sub(" , ", sentence)


def topics(text: str) -> set[str]:
    """What kinds of money the plain `text` speaks of."""
    if not _ANY_TOPIC.search(text):
        return set()
    return {name for name, pattern in TOPICS.items() if pattern.search(text)}


def spoken_of(sentence: str) -> set[str]:
    """The topics of the plain `sentence`; what is denied is left out where a denial gives nothing: "não há desconto"."""
    about = topics(sentence)
    if not about or not _DENIED.search(sentence):
        return about
    return (about & _GIVEN_BY_DENIAL) | topics(without_denials(sentence))


def given(source: str) -> frozenset[tuple[str, str]]:
    """What `source`, our own words, gives: pairs of topic and "done", "promise" or "mention". What it denies is a mention."""
    found = set()
    for sentence in (sentence for part in parts(source) for sentence in sentences(plain(part))):
        about = topics(sentence)
        kind = binding(sentence) if about else ""
        denied = set() if not _DENIED.search(sentence) else about - _GIVEN_BY_DENIAL
        for topic in about:
            found.add((topic, "mention"))
            if topic not in denied:
                found.add((topic, kind or "stated"))
    return frozenset(found)


noted = lru_cache(maxsize=64)(given)
