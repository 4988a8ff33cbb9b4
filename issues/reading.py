"""What short messages mean: thanks, a confirmation, a rating; and whether our own words promise something still to come.

Pure and careful: what is not surely understood is left to the AI or to a person.
"""

import re
import unicodedata

# Longer texts hold more than thanks, or than a rating.
LONGEST_THANKS = 250
LONGEST_RATING = 500
LONGEST_WORDS = 4000


def thanks(text: str) -> bool:
    """Whether a message is nothing but thanks, praise, confirmation or a goodbye, so that nothing is to be answered."""
    return bool(_weights(text))


def confirms(text: str) -> bool:
    """Whether a message says that the matter is settled, or thanks, and nothing else. "Ok" takes note, and says neither."""
    return bool(_weights(text) & {"thanks", "solved", "praise"})


def _weights(text: str) -> set[str]:
    """What kinds of courtesy a message is made of; empty when it holds anything else, or nothing of weight."""
    if len(text) > LONGEST_THANKS or "?" in text:
        return set()
    words = _words(_without_names(text))
    for kind, phrase in _PHRASES:
        words = phrase.sub(f" {kind} ", words)
    found = [_KINDS.get(word) for word in re.findall(r"[^\s,.!;:()…\"*~-]+", words)]
    return set() if None in found else {kind for kind in found if kind and kind != "light"}


def _words(text: str) -> str:
    """The text in lower case and without accents; "obrigadaaa" as "obrigada", emoji as the words that they stand for."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").lower())
    bare = "".join(c for c in plain if not (unicodedata.combining(c) or c in "\ufe0f\u200d" or "🏻" <= c <= "🏿"))
    for signs, word in _EMOJI:
        bare = signs.sub(f" {word} ", bare)
    bare = _LAUGH.sub(" ", bare)
    return re.sub(r"\s+", " ", re.sub(r"([a-z])\1{2,}", r"\1", bare)).strip()


_EMOJI = (
    (re.compile("[❤🙏🫶🥰😍😘🤗💙💚💛🧡💜💖💕💗💓🤍👏🎉🤩🙌🥳🌹💐🌷🌻🌸]"), "thanks"),
    (re.compile("[👍👌✅✔☑🤝😊😀😃😄😁😉🙂☺😎💪✨💯🆗😇🤙👋😅😂🤣]"), "noted"),
)

_LAUGH = re.compile(r"\b(?:k{2,}|(?:rs)+|(?:ha|he){2,}h?)\b")

# A name after the thanks, as it was written: "Obrigada, Juliana!"
_NAME = re.compile(
    r"\b((?i:obrigad[oa]|valeu|thanks|thank you),?) (?!(?i:cancel|estorn|quero|falt|ainda|mas|mand|envi|n[aã]o))"
    r"[A-ZÀ-Ý][a-zà-ÿ]{2,14}\b(?! [a-zà-ÿ])"
)


def _without_names(text: str) -> str:
    return _NAME.sub(r"\1", text)


# Sayings whose words mean something else when they stand alone; each becomes the name of its kind. In this order.
_THING = r"(?: (?:n?[oa]s?|ao?s?|com|em|meus?|minhas?|the|my)){1,2} (?!nao|outr|err|quebr|mesm)[a-z-]{3,}"
_PHRASES = [
    (kind, re.compile(rf"\b(?:{saying})\b"))
    for kind, saying in (
        ("noted", r"nao (?:preciso|precisa|precisava|quero|tenho)(?: de)? mais (?:nada|duvidas?|perguntas)|mais nada(?: nao)?|nada mais"),
        ("noted", r"(?:nao,? )?(?:era )?(?:so|somente|apenas) (?:isso|por (?:enquanto|hora|ora|hoje))|por (?:enquanto|hora|ora|hoje) e? ?so"),
        ("noted", r"nao precisa(?: mais)?|sem (?:problemas?|mais duvidas)|(?:that's|that is|that was) (?:all|it)|nothing else|no (?:more|further) questions"),
        ("light", r"nao(?=,? (?:muito )?(?:obrigad|valeu|brigad))|no(?=,? thank)"),
        ("noted", r"nao tem de que|por nada nao|(?:you're|you are) (?:welcome|too)|no (?:problem|worries)|de nada"),
        ("solved", r"(?:esclarec|san|tir)\w+ (?:tod[ao]s? )?(?:a |as |o )?(?:minhas? )?duvidas?"),
        ("solved", r"(?:problema|duvida|questao|caso|problem|issue)s? (?:foi |esta |ja |is |has been )*(?:resolvid[oa]|solucionad[oa]|esclarecid[oa]|sanad[oa]|solved|fixed|resolved)s?"),
        ("solved", r"consegu(?:i|imos|iu)(?: (?:sim|ja|aqui|agora))?(?: (?!cancel|descob)[a-z]{2,}[aei]r)?" + rf"(?:{_THING})?"),
        ("solved", rf"(?:deu (?:tudo )?certo|funcionou|voltou(?: a funcionar| ao normal)?|resolve(?:u|ram))(?:{_THING})?"),
        ("solved", r"(?:agora|ja) (?:foi|deu|vai|entrou|entrei|abriu|acessou|acessei|apareceu|carregou|pegou|chegou|recebi|caiu)"),
        ("solved", r"(?:recebi|chegou|caiu|tudo) (?:certinho|direitinho|certo|ok)|era (?:exatamente |so )?isso(?: mesmo)?(?: que eu (?:queria|precisava)(?: saber)?)?|e isso (?:ai|mesmo)"),
        ("noted", r"(?:recebi|recebemos|recebido)(?: (?:aqui|sim|ja))?(?=[,.!]* (?:muito )?(?:obrigad|valeu|brigad|thanks)|[.!]*$)|chegou (?:agora|aqui|sim)"),
        ("solved", r"(?:it |that |everything |it's |its )?(?:works?|worked|is working|working)(?: (?:now|again|fine|perfectly|great|well))*|did the trick|all (?:good|set|sorted)|(?:can|could|managed to) (?:log|get) in|got it working"),
        ("praise", r"(?:voces|vcs|voce|vc) (?:sao|e) (?:demais|show|dez|10|fera|feras)|sucesso(?: (?:a|para|pra) (?:voces|todos))?"),
        ("praise", r"nota (?:10|dez|mil|1000)|show de bola|well done|(?:good|great|nice) (?:job|work)|(?:good|great) (?:help|support|service)"),
        ("thanks", r"(?:obrigad[oa]s?|valeu|agradecid[oa]|grat[oa]) por (?:me |nos |ter(?:em)? (?:me )?)?(?:ajud|resolv|respond|atend|avis|esclarec|retorn|explic|orient)\w+(?: (?:o |a )?(?:meu|minha) (?:problema|duvida|caso|questao))?"),
        ("thanks", r"deus (?:te |lhe |os |vos )?abencoe|amo voces"),
        ("noted", r"(?:have|tenha|tenham) (?:an? |um |uma )?[a-z]+ (?:a |an )?(?:day|evening|night|weekend|one|dia|tarde|noite|semana|fi(?:m|nal) de semana)|bom fi(?:m|nal) de semana"),
        ("noted", r"see you(?: later| soon)?|ate (?:mais|logo|breve|a proxima)"),
        ("noted", r"(?:pode|podem) (?:fechar|encerrar|finalizar)(?: (?:o |meu |esse |este )?(?:chamado|atendimento|ticket|caso))?"),
        ("light", r"(?:just )?wanted to say|passando (?:so |aqui )?(?:para|pra)|mais uma vez|uma vez mais|bom dia|boa (?:tarde|noite)"),
    )
]  # fmt: skip

# What else may stand in such a message. A word that is not here makes it another message.
_KINDS = {
    word: kind
    for kind, words in {
        "thanks": """thanks obrigada obrigado obrigadas obrigados obrigadao obrigadinho obrigadinha obg obgd obgda obgdo obrig
            brigada brigado brigadao brigadinha brigadinho agradecido agradecida agradecidos grato grata gratos gratidao
            agradeco agradecer agradecemos valeu valew vlw vlws thank thankyou thx tks tnx ty cheers appreciate appreciated""",
        "solved": """solved resolveu resolveram resolvi resolvemos resolvido resolvida resolvidos resolvidas solucionado
            solucionada solucionou solucionaram sanado sanada sanadas esclarecido esclarecida esclarecidas esclareceu funcionou
            funcionando normalizou normalizado normalizada fixed sorted resolved ajudou ajudaram salvou salvaram helped
            helpful""",
        "praise": """praise otimo otima otimos otimas perfeito perfeita perfeitamente excelente excelentes maravilha maravilhoso
            maravilhosa maravilhosos show top massa sensacional fantastico fantastica incrivel incriveis impecavel lindo linda
            lindos legal bacana adorei amei gostei parabens satisfeito satisfeita feliz atencioso atenciosa atenciosos rapido
            rapida rapidos agil eficiente eficientes educado educada gentil gentis querida querido queridos great perfect
            excellent awesome amazing wonderful brilliant fantastic lovely nice best""",
        "noted": """noted ok okay oks okey blz beleza certo certinho joia combinado fechado tranquilo suave alright cool fine sure
            entendi entendido compreendi compreendido anotado ciente understood gotcha tchau falou flw abraco abracos abs bj bjs
            beijo beijos bye goodbye disponha imagina magina igualmente amem likewise jesus esclarecedor""",
        "light": """light oi ola opa hi hey hello sim isso mesmo ai ah uau wow nossa e entao agora viu gente pessoal moca moco amigo
            amiga tambem yes yep yeah and very much so oh well then really for your the you it i we a an o os as um uma ao aos
            muito muita muitissimo mto mt demais super bem mais tudo todos todas toda todo todes voce voces vc vcs equipe
            time turma empresa por pela pelo pelas pelos pro pra para com de do da dos das foi foram esta estao estava ta ficou
            sou so que bom boa bons boas good me te lhe lhes nos minha meu seu sua ja aqui agradavel ajuda atencao atendimento
            atendente retorno resposta paciencia agilidade rapidez orientacao orientacoes explicacao explicacoes suporte
            gentileza dica dicas esclarecimento esclarecimentos compreensao forca disposicao disponibilidade presteza cuidado
            carinho solucao apoio auxilio eficiencia prontidao educacao simpatia informacao informacoes confirmacao servico
            trabalho help assistance support time patience reply response answer info quick prompt fast service guys team all
            again coracao verdade graças gracas deus sempre realmente simplesmente quero queria gostaria
            profissionais profissional grande abencoe dia tarde noite semana right sao fico fiquei exatamente hoje
            normalmente uhul uhu eba oba aleluia ufa this that is was are were now such kind everyone feita feito essa esse nota sim cordialidade great lot amor anjo""",
    }.items()
    for word in words.split()
}


# --- A rating ---------------------------------------------------------------------------------

_NUMBERS = {
    "zero": 0, "um": 1, "uma": 1, "one": 1, "dois": 2, "duas": 2, "two": 2, "tres": 3, "three": 3, "quatro": 4, "four": 4,
    "cinco": 5, "five": 5, "dez": 10, "ten": 10, "mil": 10, "maxima": 10, "minima": 0,
}  # fmt: skip
_STARS = re.compile("[⭐★🌟]")
_SCALE = re.compile(r"\b(?:de |entre |from )?(?:[01]|um|zero|one) ?(?:a|ate|e|to|-) ?(?:5|10|cinco|dez|five)\b,?")
_NUMBER = r"(?P<n>10|0?[0-9](?:[.,][05])?|" + "|".join(_NUMBERS) + r")(?![\w%]|[.,]\d)(?: e mei[oa]\b(?! da| d[eo]))?"
_OUT_OF = r"(?: ?(?:/|de|em|out of|of) ?(?P<of>5|10|cinco|dez|five|ten))?(?! ?(?:[-/:]) ?\d)"
_SAYS = (
    r"(?:(?:minha |a |eu |i |i'd |i would |my |meu |para |pra |o |voces |vcs |of |is )*"
    r"(?:nota|dou|daria|darei|avalio|avaliacao|rating|rate|rated|give|score|classifico|merecem?|seria|e|voto|acho que|diria|um)"
    r"(?: (?:e|de|com|um|uma|nota|a|it|you|an?|is|final|would|be|para o atendimento|pro atendimento|seria|como|the service|this))*[:=]? ?)"
)
_UNIT = r"(?: ?(?:estrelinhas?|estrelas?|stars?|pontos?|points?))?"
# A number ends there, or more words follow that are clearly about it.
_END = (
    r"(?= ?(?:$|[^\w\s%/]|(?:pel[oa]s?|porque|pois|mas|but|because|ok|noted|obrigad\w+|valeu|thanks|thank you)\b"
    r"|por (?:causa|conta)|sem (?:duvida|problema)|com (?:louvor|certeza)|for (?:the|your|you)\b"
    r"|(?:para|pra|pro) (?:mim|o? ?atendimento|voces?|vcs?|a? ?equipe|o? ?suporte)\b))"
)
_RATING = re.compile(rf"^[ \"'*(]*(?:{_SAYS})?{_NUMBER}{_OUT_OF}{_UNIT}[\"'*)]*(?P<end>{_END})")
_SAID_LATER = re.compile(
    rf"\b(?:nota|dou|daria|rating|rate|give)(?: (?:e|de|com|um|uma|nota|a|it|you))*[:=]? ?{_NUMBER}{_OUT_OF}{_UNIT}{_END}"
)
_NOT_GIVEN = re.compile(r"\b(?:nao|nunca|nem|not|n't|never) (?:\w+ )?(?:dou|daria|merec\w+|give|rate)\b")
_STARRED = re.compile(r"^(?P<n>[1-5]|" + "|".join(_NUMBERS) + r")\b ?(?:estrelinhas?|estrelas?|stars?)\b")

_OPINIONS = {
    word: stars
    for stars, words in {
        1: "pessimo pessima horrivel terrivel lixo ridiculo vergonha vergonhoso vergonhosa pavoroso deploravel merda bosta porcaria terrible awful horrible worst pior odiei lamentavel",
        2: "ruim ruins fraco fraca insatisfeito insatisfeita decepcionante decepcionado decepcionada bad poor insatisfatorio disappointing disappointed",
        3: "regular razoavel mediano mediana medio media average fair neutro mediocre passavel aceitavel",
        4: "bom boa bons legal bacana gostei satisfeito satisfeita satisfatorio good nice satisfied",
        5: "otimo otima excelente perfeito perfeita maravilhoso maravilhosa incrivel top show sensacional adorei amei impecavel fantastico fantastica espetacular great excellent perfect amazing awesome wonderful fantastic brilliant loved",
    }.items()
    for word in words.split()
}  # fmt: skip
_AROUND_OPINIONS = frozenset(
    re.findall(
        r"\S+",
        """o a foi achei atendimento servico muito muita bem super bastante de da do um uma que e esta estava meio equipe tudo
        voces voce suporte resposta por mim na verdade minha opiniao so mesmo demais the was it service support very really i
        it's is think team you were are so seu sua pelo pela com nada nao certeza eu fiquei fui atendido atendida simplesmente
        extremamente not no parabens ajuda trabalho atendente""",
    )
)
_MIDDLING = re.compile(r"\b(?:mais ou menos|\+ ou -|meia boca|so so|nem bom nem ruim|deu pro gasto)\b")


def rating(text: str) -> int | None:
    """The stars from 1 to 5 that a message gives, as a number or in a word; None when it gives none, or is not clear.

    0 is 1, the worst there is. 10 is 5, as is a half of what is given "out of 10"; half a star is left out.
    """
    if len(text) > LONGEST_RATING or "?" in text:
        return None
    words = _SCALE.sub(" ", _words(_keys_as_digits(text))).strip(" ,.:;")
    words = re.sub(r"\s+", " ", _GREETING.sub("", words))
    if stars := len(_STARS.findall(words)):
        return _starred(stars, _number(_STARS.sub("", words).strip()))
    return _number(words) or _opinion(words)


def _starred(stars: int, number: int | None) -> int | None:
    """Drawn stars count, unless a number beside them says something else: one star is only its unit."""
    if stars == 1 and number:
        return number
    return stars if stars <= 5 and number in (None, stars) else None


_GREETING = re.compile(
    r"^(?:(?:oi|ola|bom dia|boa tarde|boa noite|hi|hello|hey|sim|claro|ok|certo|muito obrigad[oa]|obrigad[oa]|thanks|thank you)[\s,.!;-]+)+"
    r"(?=\S)"
)


def _keys_as_digits(text: str) -> str:
    """ "5️⃣" as "5", "５" as "5", "🔟" as "10"; "4 ½" stays what it is."""
    return text.replace("🔟", "10").replace("\u20e3", " ")


def _number(words: str) -> int | None:
    said = _RATING.match(words) or _STARRED.match(words) or _SAID_LATER.search(words)
    if said is None or _several(words, said) or _NOT_GIVEN.search(words):
        return None
    given = said["n"].replace(",", ".")
    value = _NUMBERS[given] if given in _NUMBERS else float(given)
    of = said.groupdict().get("of")
    if of in ("10", "dez", "ten"):
        value = -(-value // 2)
    elif value == 10:
        value = 5
    return max(1, int(value)) if value <= 5 else None


def _several(words: str, said: re.Match[str]) -> bool:
    """Whether another grade follows, as in "4 ou 5" or "atendimento 5, prazo 2"."""
    rest = words[said.end() :]
    return bool(re.search(r"^ ?(?:ou|or|a|e|,|-|/)+ ?(?:nota )?\d\b(?! ?\w)|\b2 ?[.)-] ?[a-z]", rest))


def _opinion(words: str) -> int | None:
    """The stars that a word of praise or blame stands for, when the message is made of little else."""
    if _MIDDLING.search(words):
        return 3 if len(words) <= 40 else None
    told = [w for w in re.findall(r"[a-z']+|\d+", words) if _KINDS.get(w) != "thanks"]
    if told and re.fullmatch("[1-5]", told[-1]):
        *told, number = told
        return int(number) if _opinion(" ".join(told)) else None
    opinions = {_OPINIONS[word] for word in told if word in _OPINIONS}
    if len(opinions) != 1 or any(w not in _OPINIONS and w not in _AROUND_OPINIONS for w in told):
        return None
    [stars] = opinions
    if re.search(r"\b(?:nao|nada|not)\b", words):
        return 2 if stars >= 4 else None
    very = re.search(
        r"\b(?:muito|super|very|bem|extremamente) (?:bom|boa|bons|ruim|ruins|bad|good|fraco|fraca|legal|satisfeito|satisfeita|satisfied)\b|\b(?:bom|boa|ruim|legal) demais\b",
        words,
    )
    return {2: 1, 4: 5}.get(stars, stars) if very else stars


# --- A promise of ours ------------------------------------------------------------------------

# What we do out of the customer's sight; "vou explicar" is done in the same breath.
_UNSEEN = (
    r"(?:verific|confer|chec|analis|avis|avali|consult|confirm|apur|investig|pedi|solicit|encaminh|repass|acion|retorn|"
    r"respond|envi|reenvi|mand|resolv|corrig|providenci|atualiz|peg|acompanh|inform|ajust|agend|devolv|estorn|cancel|cuid|"
    r"trat|assum|continu|entr|lig|cham|fal|lev|pass|olh|busc|cont|ver\b|trabalh|registr|repor|descobr|contat|contact|liber|escal|"
    r"reembols|trat|dar\b|dizer|trazer|ter\b|d[ae]\w+ (?:um )?retorno|receb|prossegu|regulariz|remarc|separ|post|process|marc)\w*"
)
_US = (
    r"(?:equipe|time|financeiro|recepcao|responsavel|setor|alguem|pessoa|atendente|especialista|coordenacao|suporte|gerente|"
    r"gerencia|tecnico|departamento|colega|consultor\w*|transportadora|administracao|secretaria|unidade|atendimento|a gente|"
    r"nos|humano|area|diretoria|profissional)(?: (?!voce|que|para|nao)[a-z]+){0,4}?"
)
_NEWS = r"(?:retorno|resposta|contato|posicao|posicionamento|solucao|atualizac\w+|novidades?|noticias?|confirmacao|devolutiva|previsao|definicao)"
_PROMISES = re.compile(
    "|".join(
        rf"\b(?:{promise})"
        for promise in (
            rf"(?:vou|vamos|irei|iremos) (?:(?:estar|ja|te|lhe|agora|ai|tambem|imediatamente|tentar|mesmo|entao|pessoalmente) )*{_UNSEEN}",
            rf"(?:estou|estamos|esta|estao|ta|seguimos|sigo|segue|continuamos) (?:(?:ja|sendo|agora) )*(?:{_UNSEEN}(?:ndo)\b|acompanhando|em (?:analise|andamento|verificacao))",
            r"(?!fica|esta|sera?|tera?|pode|gosta|precisa|deve|adora)[a-z]{2,}(?:aremos|eremos|iremos|arei|erei|irei)\b|daremos|darei|traremos|trarei|faremos|farei|diremos",
            r"(?:te|lhe|vos) (?:aviso|avisamos|retorno|retornamos|respondo|respondemos|mando|mandamos|envio|enviamos|chamo|chamamos|ligo|ligamos|confirmo|confirmamos|informo|informamos|conto|digo|dou (?:um )?retorno|damos (?:um )?retorno)\b",
            r"(?:aviso|avisamos|retorno|retornamos|informamos|respondo|respondemos|confirmamos|verificamos|damos retorno|dou retorno|entramos em contato|entro em contato|volto|voltamos) (?:\w+ ){0,2}(?:voce|aqui|por aqui|assim|logo|em|ate|com|quando|ainda|hoje|amanha|o quanto)",
            r"(?:e|que) (?:ja |logo |em seguida )?(?:avisamos|retornamos|respondemos|informamos|voltamos|aviso|retorno|volto)\b",
            r"(?:logo|daqui a pouco|mais tarde|em seguida) (?:eu |ja )?(?:te|lhe) [a-z]+|fi(?:que|ca) no aguardo(?! d)|fico no aguardo d[ao] (?:setor|equipe|financeiro)",
            rf"(?:estamos|estou) (?:no aguardo|aguardando|a espera) (?:d?[oa] |d?a |um |uma )?{_NEWS} d[aeo]",
            r"sera[o]? (?:feit|realizad|resolvid|corrigid|estornad|reembolsad|devolvid|trocad|reenviad)\w+|sera[o]? (?:enviad|liberad|entregu)\w+ (?:ate|em|hoje|amanha|ainda|assim|logo|na|no|segunda|sexta)\b",
            rf"{_US} (?:ja |logo |tambem )?(?:vai|vao|ira|irao|deve|devem|pode demorar) (?:(?:te|lhe|ja|estar|entrar em) )*{_UNSEEN}",
            rf"{_US} (?:ja |logo |te |lhe )*(?:verifica|confere|avisa|analisa|retorna|responde|entra em contato|confirma|assume|resolve|cuida|liga|chama|manda|envia|checa|da (?:um )?retorno|entrara|retornara|respondera|verificara|assumira|ligara|fara|dara|conferira|analisara)\b",
            rf"entrar(?:a|ao|emos|ei)? em contato(?! conosco)|entraremos|assim que (?:eu |a gente |nos )?(?:tiver|tivermos|houver|sair|soube\w+|obtive\w+|recebermos)(?: \w+){{0,3}} {_NEWS}",
            rf"assim que (?:a|o|as|os|nossa|nosso) {_US}|(?:quando|assim que|logo que) (?:eu souber|soubermos|tivermos|estiver (?:pront|resolvid|liberad)\w+)",
            rf"{_NEWS}(?: [a-z]+){{0,4}} (?:em|dentro de|ate|no prazo de|nas proximas?|em ate|ainda hoje|amanha)\b",
            rf"(?:voce|vc|o senhor|a senhora) (?:ja |logo )?(?:recebe|recebera|vai receber|tera|vai ter) (?:o |a |um |uma |nosso |nossa |mais )*{_NEWS}",
            rf"aguarde (?:o |a |um |uma |por |nosso |nossa |pelo |pela |so |mais )*(?:{_NEWS}|momento|instante|pouco|pouquinho|equipe|contato)(?! e (?:tent|abr|entr|reinici|recarreg|atualiz|fac|test))",
            r"(?:so )?um (?:momento|instante|minuto|minutinho|momentinho)(?! e )|ja ja\b|em breve\b|pode deixar (?:que|comigo)|deix(?:a|e)(?:[- ]me| eu) (?:verific|confir|confer|chec|ver|consult|olh)\w*|(?:prometo|prometemos)\b",
            r"(?:foi|fo(?:i|ram)|sera|serao|esta sendo|estao sendo|ja) (?:ja )?(?:encaminhad|repassad|acionad|analisad|verificad|respondid|tratad|avaliad|contatad|avisad|atendid|priorizad|escalad|transferid)\w+",
            r"(?:ja |eu )?(?:encaminhei|repassei|acionei|solicitei|avisei|notifiquei|abri (?:um )?(?:chamado|ticket|protocolo)|passei (?:o|a|seu|sua)|pedi (?:a|ao|para|que)|encaminhamos|repassamos|acionamos|solicitamos|abrimos)\b",
            r"(?:i|we)(?:'ll| will| shall| am going to| are going to|'re going to|'m going to) (?!be (?:happy|glad|here)|need|help|love|explain|walk|show|miss)(?:\w+)",
            r"(?:i have|i've|we have|we've) (?:already )?(?:forwarded|passed|escalated|asked|requested|notified|opened|raised)|give me a (?:moment|minute|second|sec)|hold on\b",
            r"(?:i am|i'm|we are|we're) (?:now |already |currently )?(?:check|look|verif|investigat|review|work|ask|escalat|pass|forward|handing|try|follow)\w*",
            r"let me (?:check|confirm|look|verify|ask|find out|see|get|pass|consult)|get back to you|(?:keep|have) you (?:posted|updated|informed)|let you know|be in touch|reach out to you|stay tuned|hang tight|(?:please )?(?:wait|hold on)(?: a| one| for (?:our|the|a))|one moment|(?:right|straight) back",
            r"(?:team|someone|somebody|colleague|agent|manager|specialist|person|department|front desk)(?: [a-z]+){0,4}? (?:will|is going to|are going to|is looking|are looking|'ll)\b|(?:has|have) been (?:forwarded|escalated|passed|sent to)|you will (?:hear|(?:get|receive) an? (?:answer|reply|update|call|response))|you'll (?:hear|(?:get|receive) an? (?:answer|reply|update|call|response))",
            r"(?:reply|answer|update|news|response|back|contact)(?: [a-z]+){0,3} (?:within|in the next|by tomorrow|shortly|soon)\b|as soon as (?:we|i|the team)\b",
        )
    )
)  # fmt: skip
# What depends on the customer's next word is no open promise; nor is an offer.
_CONDITIONAL = re.compile(
    r"^(?:e |mas |ai |but |and )*(?:se (?!puder|quiser|poss|prefer|achar|der|for poss)|caso |if (?!you (?:can|like|want)|possible)|"
    r"(?:assim que|quando|depois que|logo que|quando|apos) (?:voce|vc|o senhor|a senhora|receb\w+ (?:o|a|os|as|seu|sua|essa|esse)|nos (?:envi|mand)|me |envi|mand|inform|confirmar|responder|tiver (?:o|a|os|as|em) )|"
    r"(?:once|when|as soon as|after) you)"
)
_TAGS = re.compile(r",? (?:ok|okay|ta|ta bom|tudo bem|certo|combinado|pode ser|all right|alright)\?")


def promises(text: str) -> bool:
    """Whether words of ours promise something that is still to come from us: news, a look into it, somebody's call.

    Neither a question nor an instruction does, nor what we would do if the customer did something first.
    """
    words = _TAGS.sub(".", _words(text[:LONGEST_WORDS]))
    sentences = re.split(r"(?<=[.!?;:])\s+|\s[-–—]\s", words)
    return any(_PROMISES.search(said) for said in sentences if not said.endswith("?") and not _CONDITIONAL.match(said))
