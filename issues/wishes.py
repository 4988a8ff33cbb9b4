"""What a customer's message asks for that no model decides: words, not a judgement, and the same answer every time.

Each wish means that a person takes over at once, so a false alarm costs a person's minute, and a wish that is
missed is left to the model. Only opting out silences automation, so its words must be the message's whole point.
"""

import re
import unicodedata
from enum import StrEnum


class Wish(StrEnum):
    """The gravest first. The values are the occasions of `ReplyTemplate`, which say what the customer is told."""

    SELF_HARM = "self_harm"
    LEGAL = "legal"
    OPT_OUT = "opt_out"
    PERSON = "person"


def wish(text: str) -> Wish | None:
    """The gravest thing that `text` asks for, or None. Reads Portuguese and English, with their usual misspellings."""
    said = plain(text)
    if _SELF_HARM.search(said):
        return Wish.SELF_HARM
    if _LEGAL.search(said):
        return Wish.LEGAL
    core = _SMALL_TALK.sub("", said).strip()
    if _OPT_OUT.search(said) or _OPT_OUT_COMMAND.fullmatch(core):
        return Wish.OPT_OUT
    if _PERSON.search(said) or _PERSON_COMMAND.fullmatch(core):
        return Wish.PERSON
    return None


# --- From what people type to words -----------------------------------------------------------

# Whoever writes more than this has said what it is about; and reading stays quick.
LONGEST = 8000

_HIDDEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_ABBREVIATED = [
    (re.compile(r"\bb\s?\.\s?o\b\.?"), "bo"),
    (re.compile(r"consumidor\.gov(\.br)?"), "consumidor gov"),
    (re.compile(r"\bc/"), "com "),
    (re.compile(r"\bp/"), "para "),
    (re.compile(r"['’`´]"), ""),
]
_POLITE = re.compile(r",? ?\b(?:por favor|por gentileza|pfv|pfvr|plz|pls|please)\b ?,?")
_JOINS = re.compile(r"(?<=\w)[-/_*](?=\w)|[ \t*_~]+")
_BREAKS = re.compile(r"[^a-z0-9 ]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")

_SHORT = {
    "algm": "alguem", "agr": "agora", "c": "com", "cm": "com", "fala": "falar", "fla": "falar", "falr": "falar",
    "flar": "falar", "kero": "quero", "keria": "queria", "msg": "mensagem", "msgs": "mensagens",
    "menssagem": "mensagem", "n": "nao", "naum": "nao", "ñ": "nao", "p": "para", "pra": "para", "pro": "para",
    "q": "que", "qero": "quero", "qr": "quero", "qro": "quero", "qria": "queria", "qurero": "quero", "quro": "quero",
    "queru": "quero", "pesoa": "pessoa", "pecoa": "pessoa", "pssoa": "pessoa", "pessoua": "pessoa", "robot": "robo",
    "umano": "humano", "umana": "humana", "vc": "voce", "vcs": "voces", "vs": "voces", "zap": "whatsapp",
    "zapp": "whatsapp", "whats": "whatsapp", "wpp": "whatsapp", "wats": "whatsapp",
}  # fmt: skip
# Words that are worth recognising with one letter wrong, missing, doubled or swapped; and real words beside them.
_KEYWORDS = [
    "atendente", "advogado", "advogada", "descadastrar", "gerente", "humano", "mensagem", "pessoa", "processar",
    "responsavel", "suicidio", "supervisor", "unsubscribe",
]  # fmt: skip
_REAL = {
    "human",
    "pessoal",
    "pessoas",
    "humana",
    "humanas",
    "humanos",
    "processa",
    "processam",
    "processara",
    "processor",
    "professar",
}


def _misspelt(word: str) -> set[str]:
    """What `word` becomes with one slip after its first letter."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    left_out = {a + b[1:] for a, b in cuts}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    wrong = {a + c + b[1:] for a, b in cuts if b for c in letters}
    added = {a + c + b for a, b in cuts for c in letters}
    return (left_out | swapped | wrong | added) - _REAL - {word}


_MEANT = {slip: word for word in _KEYWORDS for slip in _misspelt(word)} | _SHORT


def plain(text: str) -> str:
    """`text` in small letters without accents, its clauses on lines of their own, common slips put right.

    Looks at the first 8,000 characters.
    """
    folded = unicodedata.normalize("NFKD", _HIDDEN.sub("", text[:LONGEST]).lower())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    for pattern, written_out in _ABBREVIATED:
        letters = pattern.sub(written_out, letters)
    words = _BREAKS.sub("\n", _JOINS.sub(" ", _POLITE.sub(" ", letters)))
    return "\n".join(_put_right(clause) for clause in _DRAWN_OUT.sub(r"\1", words).split("\n")).strip()


def _put_right(clause: str) -> str:
    return " ".join(_MEANT.get(word, word) for word in clause.split())


# --- The words --------------------------------------------------------------------------------


def _any(*patterns: str) -> re.Pattern[str]:
    """Any of the patterns, as whole words; `^` and `$` are the ends of a clause."""
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b", re.MULTILINE)


def _whole(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


# What surrounds a command without changing it.
_SMALL_TALK = re.compile(
    r"\b(?:oi|ola|opa|bom dia|boa tarde|boa noite|tudo bem|obrigad[oa]|obg|valeu|moc[oa]|gente|senhora?|hi|hello|hey"
    r"|thanks|thank you|agora|ja|urgente|aqui|now|logo)\b|\n"
)
_NOT = r"(?<!nao )(?<!nem )(?<!nunca )"

# "Morrendo de rir" and its like are figures of speech; "morrer de uma vez" is not.
_DIE = r"morre[rn]?\b(?! de (?!uma vez|verdade))(?! (?:a|do) )"
_SELF_HARM = _any(
    rf"{_NOT}(?:quero|queria|quer|estou querendo|querendo|desejo|vontade de|penso em|pensando em|preferia|prefiro|deveria|devia|melhor(?: eu)?) (?:ate |so |mesmo |logo )?{_DIE}",
    rf"{_NOT}(?:quero|queria|vou|vontade de|penso em|pensando em|pensei em|penso|pretendo|tentei|tentar|planejo|prefiro|preferia|melhor) (?:ate |so |mesmo )?me matar?\b(?! (?:de|tanto|trabalhando|estudando|treinando|na academia|no treino|no trabalho)\b)",
    r"(?:quer|vai|tentou|ameaca|ameacou|falou em|fala em|falar em|pensa em|pensando em|disse que vai) se matar\b(?! (?:de|tanto|trabalhando|estudando|treinando)\b)",
    r"(?:tirar|tiro|acabar com|acabo com|por fim a|dar fim a|dar um fim a|dar um fim na|dar cabo da|terminar com) (?:a )?(?:minha|propria|minha propria) (?:propria )?vida(?! (?:financeira|social|profissional|amorosa))",
    r"(?:eu|depois|senao|ou|e) me mato\b(?! (?:de|tanto|trabalhando|estudando|treinando|para)\b)",
    r"(?<!esquadrao )suicid(?:io|ar|as?|o|arei)\b(?<!esquadrao suicida)",
    r"nao (?:aguento|quero|consigo|suporto) mais (?:viver|existir|essa vida|esta vida|estar viv[oa]|continuar viv(?:o|a|endo))\b(?! (?:sem|com|assim sem|de|em|na|no))",
    r"(?:nao (?:quero|queria)(?: mais)?(?: continuar)?|sem vontade de|perdi a vontade de|nao tenho(?: mais)? vontade de|nao vejo(?: mais)? (?:sentido|motivo|razao) (?:em|para)|nao vale a pena) (?:mais )?(?:viver|vivendo|existir)(?: mais)?\b(?! (?:sem|com|de|em|na|no|d[ao]s?|aqui|ness[ea]|nest[ea]))",
    r"(?:queria|preferia|melhor|seria melhor) (?:eu )?(?:estar|estivesse|se eu estivesse) mort[oa]",
    r"(?:se eu|que eu) morresse",
    r"queria (?:nunca|nao) ter nascido",
    r"(?:quero|queria|vontade de|penso em|pensando em) (?:acabar com tudo$|sumir (?:desse mundo|deste mundo|do mundo|para sempre|da vida|e nunca mais))",
    r"(?:a )?minha vida (?:nao tem|perdeu|nao faz)(?: mais)?(?: o| nenhum)? sentido",
    r"desistir da (?:minha )?vida",
    r"(?:dormir e (?:nunca mais|nao) acordar|nao quero(?: mais)? acordar mais)",
    r"(?:vou|quero|queria|vontade de|pensando em|pensei em) (?:me enforcar|me jogar (?:da|do|de|na frente)|pular d[aeo] (?:ponte|predio|janela|sacada|viaduto)|me cortar(?! o cabelo)|me machucar|me mutilar|tomar todos os remedios)",
    r"(?:ando|estou|venho|voltei a) me (?:cortando|cortar|mutilando|machucando)",
    r"automutila(?:cao|r)",
    r"(?<!wont )(?:kill|killing) myself",
    r"(?<!not )(?<!dont )(?:want|wanna|wish|going) (?:to |i could |i would )?die\b(?! (?:of|laughing))",
    r"(?:end|ending|take|taking) my (?:own )?life",
    r"(?:want to|wanna|going to) end it all|suicidal|suicide(?! squad)",
    r"(?:dont|do not|cant|cannot) (?:want to|wanna|go on) liv(?:e|ing)(?: anymore)?(?! (?:in|with|at|near|here))",
    r"better off dead|(?:want|going|thinking) (?:to|about|of) (?:hurt|hurting|harm|harming|cut|cutting) myself",
)

_US = r"(?:voce|voces|te|a empresa|essa empresa|esta empresa|a loja|essa loja|a clinica|essa clinica|a escola|essa escola|a academia|essa academia|o banco|a companhia|a marca|todos|todo mundo|os responsaveis|essa porcaria)"
_GO = r"(?:vou|vamos|irei|iremos|quero|pretendo|pensando em|posso|terei que|tenho que|vou ter que|ter que|obrigad[oa] a|serei obrigad[oa] a|ja|caso contrario|preciso)"
_LEGAL = _any(
    r"pr[ou]co[nm]",
    rf"{_GO} (?:\w+ )?processar {_US}",
    rf"{_GO} (?:\w+ )?te processar",
    r"processar (?:voce|voces)\b(?! (?:o|a|os|as|meu|minha)\b)",
    r"^(?:vou|irei|vamos) processar$",
    r"(?:(?:entrar|entro|entrarei|entrando|entrei|mover|movo|moverei|ajuizar) (?:com )?(?:um |uma )?(?:processo|acao)|(?:abrir|abro|abrirei|meter|meto|botar|virar) (?:um |o )?(?:processo|processinho))\b(?! (?:seletivo|de (?:compra|matricula|selecao|devolucao|troca|inscricao|pagamento|cancelamento|reembolso|cadastro)|promocional|social))",
    r"(?:tomar|levar|levam|levarao|receber|ganhar) (?:um )?(?:processo|processinho)\b(?! (?:seletivo|de))",
    r"processo (?:judicial|na justica|por danos|contra (?:voces|a empresa|a loja)|neles|em voces)",
    r"voces (?:vao ser|serao|irao ser) (?:processad|denunciad|acionad|notificad|intimad)[oa]s|aguardem (?:a )?(?:intimacao|citacao)",
    r"(?:acao|acoes|via|vias|medida|medidas|meios|esfera|providencias) (?:judicia(?:l|is)|legais|legal|cabiveis)",
    r"(?:na|pela|caso de) justica\b(?! (?:federal|eleitoral|desportiva))|(?:acionar|acionarei|procurar|buscar|recorrer|levar|vou|irei) (?:\w+ ){0,2}?a justica",
    r"(?:vou|irei|ir|vamos|vejo voces|vemos|recorrer|denunciar|acionar|levar|entrar|procurar|buscar) (?:\w+ ){0,3}?(?:n[oa]s?|ao?|pel[oa]|o) (?:forum|tribunal|defensoria|ministerio publico)",
    r"vejo voces no tribunal|juizado|pequenas causas|judicialmente|judicializar|extrajudicia(?:l|lmente|is)",
    r"danos? mora(?:l|is)",
    r"indenizacao por|(?:exijo|exigir|exigirei) (?:uma |minha |ser )?indeniza(?:cao|d[oa])",
    r"lgpd|anpd|gdpr|lei geral de protecao de dados|consumidor gov",
    r"boleti(?:m|ns) de ocorrencia",
    r"(?:registrar|registro|registrei|fazer|fiz|abrir|abri|vou de|faco) (?:um )?bo",
    r"(?:chamar|chamo|ir a|ir na|vou a|vou na|acionar|acionar a|ligar para a|denunciar (?:a|na|para a)) (?:a )?(?:policia|delegacia)|na delegacia|caso de policia",
    r"(?:meus?|minhas?|nossos?|nossas?) (?:advogad[oa]s?|juridico)",
    r"(?:estou com|contratei|acionei|procurei|consultei|ja tenho) (?:um |uma |o |a )?advogad[oa]",
    rf"{_GO} (?:\w+ ){{0,2}}?(?:procurar|acionar|contratar|chamar|consultar|falar com|passar para|conversar com|por|colocar|botar|buscar|contatar|arrumar) (?:um|uma|o|a) advogad[oa]",
    r"(?:falar|conversar|resolver|tratar|acertar) (?:isso )?(?:so )?com (?:o|a) advogad[oa]",
    r"(?:procurar|buscar|atras d[eo]s?|reivindicar|exigir|lutar pelos|correr atras d[eo]s) (?:os )?(?:meus|nossos) direitos",
    r"(?:vou|irei|vamos|ja|abri|abrir|registrei|registrar|reclamei|reclamar|denunciar|denunciei|postar|colocar|fazer|fiz|parar|ir) (?:\w+ ){0,4}?(?:no |o |ao |para o )?reclame ?aqui",
    r"(?<!i am a )(?<!im a )(?<!is a )(?:my |a |our |the )?(?:lawyers?|attorney)\b(?<!am a lawyer)(?<!im a lawyer)(?<!is a lawyer)(?<!an attorney)",
    r"(?:sue|suing) (?:you|your|the company|this company|them|u|over)|(?:ill|will|going to|gonna) sue",
    r"legal (?:action|proceedings|measures)|small claims|(?:to|in) court|police report|file a lawsuit|lawsuit",
)

_MESSAGES = r"(?:mensagem|mensagens|propagandas?|spam|whatsapp|notificacao|notificacoes|promocao|promocoes)"
_SUFFIX = (
    r"(?: (?:mais|automaticas?|para mim|para o meu numero|para meu numero|para este numero|para esse numero|aqui"
    r"|no whatsapp|no meu whatsapp|todo dia|toda hora|o tempo todo|agora|ja|por aqui|de voces|suas|nunca|promocionais"
    r"|de marketing|de propaganda|dessa empresa|desta empresa|sua|desse tipo))*"
)
_ASKING = (
    r"^(?:e )?(?:eu )?(?:ja (?:pedi|falei|disse) (?:que|para) )?(?:voces? )?"
    r"(?:quero que |quero |queria |gostaria de |gostaria que |peco que |pode |podem |favor |poderia |poderiam "
    r"|como (?:eu )?faco para |como |preciso |solicito |desejo |exijo que |gentileza )?(?:voces? )?(?:me )?"
)
_OPT_OUT = _any(
    rf"{_ASKING}(?:pare|parem|para|parar|chega|cansei|dar um tempo)(?: com isso)? de (?:ficar )?(?:me )?(?:mandar|mandando|mandarem|enviar|enviando|enviarem|receber|encaminhar)(?: me)?(?: \w+){{0,2}}? {_MESSAGES}{_SUFFIX}$",
    rf"^(?:voces? )?(?:chega de|(?:pare|parem|para|chega) com)(?: (?:as|essas|estas|suas|tantas))? {_MESSAGES}{_SUFFIX}$",
    r"^(?:voces? )?(?:pare|parem|para) de (?:me )?(?:enviar|mandar|perturbar|incomodar)(?: isso| essas coisas)?$",
    rf"{_ASKING}cancel(?:ar|e|em) (?:o )?(?:envio|recebimento)(?: de {_MESSAGES})?$",
    r"^(?:eu )?nao (?:quero|desejo|aceito|autorizo)(?: (?:mais|o envio de|nenhuma|essas|suas))* mensage(?:m|ns)(?: (?:mais|de voces|automaticas?|aqui))*$",
    rf"^(?:eu )?(?:ja disse que )?nao (?:quero|desejo|gostaria de|autorizo|vou|aceito)(?: mais)?(?: ficar)? (?:receber|recebendo)(?: mais)?(?: (?:nenhuma|essas|estas|as|suas|tantas|qualquer))*? {_MESSAGES}{_SUFFIX}$",
    r"^(?:eu )?nao (?:quero|desejo)(?: mais)? receber(?: mais)? nada(?: mais)? (?:de voces|dessa empresa|desta empresa)(?: mais)?$",
    rf"^(?:voces? )?nao (?:me )?(?:mande|mandem|manda|mandar|envie|enviem|envia|enviar)(?: me)?(?: mais)?(?: (?:nenhuma|essas|estas|as|suas))*? {_MESSAGES}{_SUFFIX}$",
    r"^nao me (?:mande|mandem|envie|enviem) mais nada(?: para o meu numero)?$",
    r"^nao me (?:perturbe|perturbem|incomode|incomodem|contate|contatem|procure|procurem)(?: mais)?$",
    rf"{_ASKING}(?:remova|remove|remover|removam|retire|retira|retirar|retirem|tire|tira|tirar|tirem|exclua|exclui|excluir|excluam|apague|apagar|delete|deletar|sair|saia|descadastrar|descadastre|descadastra)(?: me)?(?: (?:o )?(?:meu|este|esse) (?:numero|contato|telefone|whatsapp))?(?: (?:da|desta|dessa|de|das|do) (?:sua |suas )?(?:listas?|base|mailing|contatos|disparos)(?: de (?:transmissao|voces|contatos?|envios?|mensagens|disparos?|clientes|whatsapp|marketing))*)$",
    rf"{_ASKING}(?:remova|remover|removam|retire|retirem|retirar|tire|tirem|tira|tirar|exclua|excluam|excluir|apague|apaguem|apagar|delete|deletar) (?:o )?(?:meu|este|esse) (?:numero|contato|telefone)(?: de telefone)?(?: do (?:sistema|cadastro|banco de dados|whatsapp))?(?: de voces)?$",
    rf"{_ASKING}(?:se )?descadastr(?:ar|e|em|a|ado|amento)(?: me)?(?: (?:o )?meu (?:numero|contato|telefone))?$",
    r"^(?:i )?(?:want you to |want to |wanna |can you )?(?:stop|quit) (?:messaging|texting|contacting|spamming|sending) ?(?:me|us)?(?: (?:any|any more|more|these|your|this))?(?: (?:messages|texts|spam))?(?: again| anymore)?$",
    r"^(?:dont|do not|never) (?:message|text|contact|spam) me(?: again| anymore| ever again)?$",
    r"^(?:can you )?(?:remove|take|delete) (?:me|my number|my contact)(?: (?:from|off) (?:your|this|the) (?:mailing |contact |broadcast )?(?:list|database|system))$|^(?:remove|delete) my number$",
    r"^(?:i want to |i would like to |how do i |how can i )?unsubscribe(?: me)?(?: from (?:this|these|your|the) (?:list|messages))?$",
    r"^(?:no more (?:messages|texts)|opt(?: me)? ?out)$",
)
_OPT_OUT_COMMAND = _whole(
    r"(?:quero |favor )?(?:parar|pare|parem|sair|stop|unsubscribe|descadastrar|descadastre|descadastro|optout|opt out|remover|remova)(?: (?:tudo|all))?",
    r"cancelar (?:inscricao|mensagens|envios?|recebimento|as mensagens|notificacoes)",
    r"cancela as mensagens",
    r"remover (?:meu )?(?:numero|contato|telefone)",
    r"me (?:remova|remove|tira|tire) daqui|me remova|me deixa em paz|me deixem em paz|me deixe em paz",
)

_ARTICLE = r"(?:um |uma |o |a |os |as |algum |alguma |outro |outra |nenhum |nenhuma |qualquer |seu |sua )?"
_STAFF = (
    r"(?:atendentes?|humanos?|humana|ser humano|seres humanos|operador(?:a|es)?|gerentes?|gerencia|supervisor(?:a)?"
    r"|supervisao|responsave(?:l|is)|encarregad[oa]|coordenador(?:a)?|dono|dona|proprietari[oa]|diretor(?:a)?|chefe"
    r"|consultor(?:a)?|vendedor(?:a)?|funcionari[oa]|ouvidoria|representante|superior(?:es)?)"
)
_REAL_PERSON = r"(?:pessoa|gente|alguem)(?: que seja)? (?:real|de verdade|humana|humano|de carne e osso|viva)"
_PERSON_WORD = r"pessoas?(?! (?:fisica|juridica|que (?:ja )?(?:comprou|fez|recebeu|assinou|me atendeu)|da minha))"
_WISHING = (
    rf"(?:{_NOT}(?:quero|queria|quer|queremos|gostaria(?: muito)? de|preciso|precisava|precisamos|necessito|desejo|exijo"
    r"|solicito|posso|poderia|poderiam|pode|podem|podemos|prefiro|consigo|conseguiria|adianta)"
    r"|nao (?:consigo|consegui|conseguimos|estou conseguindo)|da para|teria como|tem como|tem jeito de|como (?:eu |que eu )?(?:faco|fasso|faz) para|como posso|como consigo"
    r"|deixa eu|deixe eu|me deixa|me deixe|tentando|tento|tentei|possivel|seria possivel|vontade de|direito de|numero para|opcao de|opcao para|quando vou|queria era|pedi para|pedindo para|peco para|favor|cade a opcao de)"
)
_TALKING = (
    r"(?:falar|conversar|tratar|contato|atendimento|ser atendid[oa]|atendid[oa]|resolver(?: isso)?|entrar em contato)"
)
_TRANSFER = (
    r"me (?:passa|passe|passar|transfere|transfira|transfiram|transferir|encaminha|encaminhe|encaminhar|conecta|conecte"
    r"|coloca|coloque|direciona|direcione|poe)"
)
_NOT_COURIER = "".join(f"(?<!{who} )" for who in ("entregador", "motoboy", "motorista", "tecnico", "correio", "medico"))
_CALLS = r"(?:ligar|ligasse|ligassem|ligue|liguem|telefonar|telefone|telefonem|retornar a ligacao)"
_PERSON = _any(
    # To talk to somebody.
    rf"{_WISHING} (?:\w+ ){{0,3}}?{_TALKING} (?:\w+ ){{0,2}}?(?:com|por) {_ARTICLE}(?:\w+ )?(?:{_STAFF}|{_PERSON_WORD}|alguem|gente$)",
    rf"{_WISHING} (?:\w+ ){{0,3}}?{_TALKING} (?:\w+ ){{0,2}}?(?:por|pelo|no) telefone",
    rf"^(?:e )?(?:so )?(?:falar|conversar) (?:logo |direto |diretamente |agora )?com {_ARTICLE}(?:{_STAFF}|{_PERSON_WORD}|alguem)",
    rf"^(?:como )?(?:eu )?falo com {_ARTICLE}(?:{_STAFF}|{_PERSON_WORD}|alguem)",
    # A person, and no machine.
    rf"{_NOT}(?:quero|queria|prefiro|preciso de|precisava de|exijo|solicito|gostaria de|chama|chame|chamar|chamem|me passa|me passe|poe|coloca|manda|necessito de|por) (?:falar com |ai |aqui |logo |agora |mesmo |era |e )?{_ARTICLE}(?:atendentes?|humanos?|humana|ser humano|atendimento (?:humano|com humano|com pessoa|pessoal|presencial por pessoa)|operador(?:a)?|gerente|supervisor(?:a)?|responsavel|{_REAL_PERSON})\b(?! (?:foi|me|disse|falou|que|nao|ontem|anterior|da minha|chamad[oa]))",
    rf"(?:cade|tem|existe|ha) (?:ai |aqui )?{_ARTICLE}(?:atendentes?|humanos?|ser humano|{_REAL_PERSON})\b(?! (?:foi|me cobrando|disse|falou|ontem))",
    r"(?:quero|prefiro|preciso de|chama|chame|manda) alguem(?: ai| aqui| agora)?$",
    r"(?:quero|queria|gostaria|preciso|peco|exijo|prefiro) que (?:uma pessoa|um humano|um atendente|alguem|o gerente|o responsavel|um responsavel|algum responsavel|um funcionario) (?:\w+ )?(?:atenda|atendesse|responda|respondesse|chame|chamasse|retorne|retornasse|entre em contato|entrasse em contato|fale|falasse|assuma|assumisse|ajude|ajudasse)",
    r"(?:pedir|peca|pede|pedem|mandar) (?:para )?(?:alguem|uma pessoa|um atendente|o gerente|o responsavel) (?:\w+ )?me (?:ligar|ligue|retornar|atender|chamar|responder)",
    r"me atend[ae] (?:uma pessoa|um humano|alguem)|(?:atendid[oa]|respondid[oa]) por (?:uma pessoa|um humano|gente)",
    rf"{_NOT}(?:quero|queria|prefiro|preciso de|exijo|cade|tem|chama|chame|e) (?:uma|alguma|a) pessoa(?:$| (?:ai|aqui|agora|disponivel|para (?:falar|conversar|me (?:atender|ajudar|responder)|resolver)|falando comigo|do outro lado|me atendendo))",
    rf"{_TRANSFER}(?: (?:logo|agora|direto|em contato))? (?:para|com|a) {_ARTICLE}(?:{_STAFF}|{_PERSON_WORD}|alguem)",
    rf"(?:transfere|transfira|transferir|passa|passe|passar|encaminha|encaminhe|encaminhar)(?: (?:logo|agora|direto|isso|a conversa|o atendimento|o caso))? (?:para|a) {_ARTICLE}{_STAFF}",
    r"(?:atendimento|suporte|ajuda|contato) (?:humano|de um humano|de uma pessoa|com humano)$",
    rf"(?:quero|queria|prefiro|preciso|falar com|conversar com|com) (?:uma |um )?(?:{_REAL_PERSON})",
    # No robot.
    r"^(?:sem|sai|fora|nada de|tira) (?:esse |o )?(?:robo|bot|chatbot)$|^(?:robo|bot) nao$|(?:para|pare) de responder (?:automatico|automaticamente)",
    r"(?:nao (?:quero|queria|vou|gosto de|aguento|suporto|aceito|adianta|da para|tem condicao de|consigo)|cansei de|cansad[oa] de|chega de|odeio|detesto|farto de|pare de|para de|nada de|sem essa de|nao e para)(?: mais)?(?: ficar)?(?: de)?(?: (?:falar|falando|conversar|conversando|tratar|resolver|ser atendid[oa]|atendid[oa]|atendimento))? ?(?:com|por|de|do|da)? ?(?:um |uma |o |a |esse |essa |este |esta |seu )?(?:robos?|bots?|chatbots?|ura|atendimento (?:automatico|eletronico|virtual|robotizado)|respostas? (?:automaticas?|prontas?|roboticas?)|assistente virtual|atendente virtual|mensagem pronta|mensagens prontas)\b(?! (?:aspirador|de cozinha|de brinquedo|lego))",
    r"(?:nao quero|nao vou|odeio|cansei de|detesto|nao gosto de|nao aguento)(?: mais)? (?:falar|falando|conversar|conversando|tratar|ser atendid[oa]) (?:com|por) (?:uma |a |essa |um )?(?:maquina|ia|inteligencia artificial|computador|gravacao|programa|automacao)",
    # A call.
    rf"(?:{_NOT}{_NOT_COURIER}(?:pode|podem|poderia|poderiam|podia|podiam|consegue|conseguem|quero que|queria que|gostaria que|preciso que|peco que|favor|da para|tem como|teria como|alguem pode|alguem para)) (?:\w+ )?(?:me {_CALLS}|{_CALLS} (?:para )?(?:mim|me|para o meu|no meu|neste|nesse))",
    rf"(?:{_NOT}(?:quero que|queria que|gostaria que|preciso que|peco que|pedi que|exijo que)) (?:alguem|voces|uma pessoa|um atendente|o gerente|o responsavel|algum responsavel) me {_CALLS}",
    r"^(?:entao |so |e |ai |urgente |voces? |alguem |algum atendente )?(?:me (?:liga|ligue|liguem|ligam|telefona|telefone)|(?:ligue|liguem|liga) (?:me|para mim|no meu (?:numero|celular|telefone)))\b(?! (?:todo|sempre|toda|tod|o tempo|nao|que|[oa]s? (?!mais|quanto)|oferecendo|cobrando|de madrugada|muito|varias|direto|a cobrar|do numero))",
    r"(?:quero|prefiro|preciso de|aguardo|aguardando|solicito|gostaria de) (?:receber )?(?:uma |a |sua |um )?(?:ligacao|contato telefonico|contato por telefone|atendimento por telefone|telefonema)(?! (?:de voces ontem|com))",
    # The same in English.
    r"(?<!dont )(?<!not )(?:speak|talk|chat|connect me|transfer me|get|put me through|speaking|talking) (?:directly )?(?:to|with|through to) (?:a |an |the |your |some |any )?(?:real |live |actual |human )?(?:human|humans|person|people|agents?|representative|rep|manager|someone|somebody|operator|supervisor|human being|owner|customer service)",
    r"(?<!dont )(?<!not )(?:want|need|prefer|get me|give me|is there) (?:a |an |the )?(?:real |live |actual )?(?:human|real person|live person|live agent|human agent|representative|manager|supervisor|human being)",
    r"(?:dont want|do not want|tired of|hate|stop) (?:to )?(?:talk|talking|speak|speaking)? ?(?:to |with )?(?:a |this |the )?(?:robots?|bots?|machine|chatbot|ai)",
    r"(?:can|could|would) (?:you|someone|somebody|anyone) (?:\w+ )?call me|^(?:and )?call me(?: back| now| asap| today| tomorrow| at| on|$)|(?:someone|somebody|you|you to) (?:to )?call me back|give me a call",
)
_PERSON_COMMAND = _whole(
    r"(?:um |uma |o |a )?(?:atendente|humano|humana|pessoa|pessoa real|atendimento humano|gerente|representante|supervisor|operador)",
    r"(?:a |an )?(?:human|agent|live agent|human agent|operator|representative|real person|manager|speak to human)",
    r"(?:pessoa|humano|atendente) (?:de verdade|real|humano)",
)
