"""What never belongs in a reply, whoever said it first: secrets asked for, our instructions, insults, guilt, false names."""

import re

from .words import sentences

_NEGATED = re.compile(
    r"\b(?:nao|nunca|jamais|sem|nem|evite|escond\w+|cubr\w+|ocult\w+|never|not|don't|without|hide|hiding|avoid)\b[^.!?;]{0,60}"
)


def _of(*parts: str) -> re.Pattern[str]:
    """Any of `parts`, where a word begins. One boundary for all is faster than one for each."""
    return re.compile(r"\b(?:" + "|".join(part.removeprefix(r"\b") for part in parts) + ")")


# --- Asking for what a thief would ask for ----------------------------------------------------

_ASK = (
    r"\b(?:envi|mand|inform|pass(?:e|a|ar)|confirm|diga|diz|fal(?:e|a)|compartilh|fornec|digit|escrev|responda com|preencha|repass|anex|fotograf|tir|preciso|precisamos|"
    r"necessit|solicit|qual (?:eh|e|a|o|sua|seu)|quais|me de\b|poderia|pode|pedimos|send|share|tell|provide|give|confirm|type|enter|reply with|what(?:'s| is)|need|require)"
)
_PRIVATE = (
    r"(?:senhas?|passwords?|passcode|\bpins?\b|\bcvv\b|\bcvc\b|\botp\b|\b2fa\b|\btokens?\b|"
    r"codigos? (?:\w+ ){0,2}(?:verificac|seguranca|confirmac|autenticac|acesso|ativac|sms|whatsapp|\d+ digitos)\w*|codigo (?:\w+ ){0,4}(?:sms|chegou|chegar|recebeu|recebido|receber|enviamos|celular|email|e-mail|tela)|"
    r"(?:verification|security|access|confirmation|sms|login) codes?|code (?:\w+ ){0,5}(?:sms|received|phone|got)|"
    r"(?:numeros?|dados|foto|frente|verso|validade|digitos|informac\w+)[^.!?]{0,25}(?:cartao|cartoes|contas?\b|banc|documento|\brg\b)|\bcartao (?:completo|com (?:o )?codigo)|dados (?:banc|da sua conta|de acesso|de login)|"
    r"card (?:number|details|data|info)|bank (?:details|account|data)|credentials?|credenciais|\bselfie|reconhecimento facial|biometri|"
    r"(?:\d+ (?:digitos|numeros)|digitos (?:\w+ ){0,3}(?:receb|cheg|sms|mensagem)\w*)|numeros? e (?:a )?validade|chave pix|chave privada|frase[- ]semente|seed phrase|agencia e conta|social security|assinatura eletronica|usuario e senha|login e senha)"
)
SECRET = re.compile(
    rf"{_ASK}\w*[^.!?;]{{0,70}}?{_PRIVATE}|{_PRIVATE}[^.!?;]{{0,30}}\b(?:por aqui|aqui|nesta conversa|no chat|here)\b|\b(?:teamviewer|anydesk|rustdesk|quick ?support|acesso remoto|remote access|motoboy)\b|\b(?:entreg|recolh|busc)\w* (?:o |seu |o seu )+cartao"
)
_PRIVATE_WORD = re.compile(_PRIVATE + r"|viewer|desk\b|support|remot|motoboy|cartao")
_RESET = re.compile(
    r"\b(?:redefin|recuper|esquec|troc|alter|cri|nova|link de|reset|forgot|chang)\w*(?: \w+){0,3} (?:senha|password)s?"
)

PAY = re.compile(
    r"\b(?:fac(?:a|am)|envi[ea]|mand[ea]|transfir|transferir|deposit[ea]|pagu?e|pag(?!ament)[ao]r?|realiz|efetu|complet|quit|regulariz|fazer|send|transfer|pay|deposit|wire|make)\w*"
    r"[^.!?;]{0,60}\b(?:um pix|o pix|no pix|via pix|por pix|pelo pix|pix|chave|deposito|transferencia|boleto (?:abaixo|novo)|taxa de (?:liberacao|desbloqueio|cadastro|adesao)|bitcoin|cripto\w*|crypto|gift card|(?:na|para a|pra|nessa|nesta) conta\b|conta (?:abaixo|da|do|em nome)|bank transfer|wire)\b"
    r"|\b(?:deposite|transfira|transferir para|deposit it|wire it)\b|\bpag\w+ (?:ess|est|ao? )\w* ?boleto|\bboleto (?:\S+ ){0,9}(?:eh|e) (?:noss|verdadeir|valid|autentic|oficial)"
    r"|\bpix\b[^.!?;]{0,40}\b(?:chave|para)\b|\bchave pix\b|\b(?:nossa|minha|a) chave\b"
)
# A Pix that was made, or failed, is the customer's matter and asks for nothing.
_PIX_TALK = re.compile(
    r"\b(?:comprovante|tentar|tente|verific\w+|confer\w+|problema|falh\w+|recusad\w+|nao (?:foi|caiu|abre|passou)|antes de (?:pag|faz|envi|transf)\w+|espere|aguarde|localiz\w+|seu pagamento|sobre|que voce|voce fez|fez o|feito|ja pagou)\b"
)

# --- What must not be shown -------------------------------------------------------------------

LEAK = _of(
    r"(?:mensagem|nome)-(?:[0-9a-f]{4,}|codigo)", "needs_?human", "is_issue", "issue_type", "human_reason", "max_chars", "max_?output", "system_?instruction",
    r"(?:system|meu|my|the|seu|do|o|esse|este|initial) prompt", r"prompt (?:do|de) sistema", "prompt inicial", "contexto inicial", "system (?:message|prompt)",
    r"(?:nossas|our|as) (?:instruc\w+|diretrizes|instructions) (?:sao|dizem|mandam|intern|are|say)", r"(?:minhas?|my) (?:\w+ )?(?:instruc(?:oes|ao)|instructions|diretrizes|guidelines)(?! (?:de|para|do|da|on|for|to|que (?:enviei|enviamos|mandei)))",
    r"(?:minhas|my) (?:\w+ )?(?:regras|rules|orientacoes|configurac\w+)", r"(?:fui|foi|sou|estou|i was|i am|i'm|i have been) (?:\w+ )?(?:instruid|program(?:ad|med)|treinad|configurad|orientad[oa] a|proibid|instructed|trained|configured|told (?:to|not)|forbidden|designed)",
    "voce eh do atendimento d[eao]", "responde pelo whatsapp a quem", r"lista de clientes", r"\bdan\b ?:", r"modelos? de (?:linguagem|ia|lingua)", "language model", r"\bllms?\b", r"\bgpt\b", "chat ?gpt", r"\bgemini\b", "openai", "anthropic", r"\bclaude\b(?= (?:ai|da|by))", r"como (?:uma )?(?:ia|inteligencia artificial)\b", r"as an? (?:ai|artificial)",
    r"sou (?:apenas |so |somente )?(?:uma |um )?(?:ia|inteligencia artificial|llm|modelo|chatbot|robo|bot)\b", r"(?:i am|i'm) (?:\w+ )?(?:an? )?(?:ai|artificial intelligence|chatbot|bot|model|robot)\b",
    "inteligencia artificial", "artificial intelligence", "jailbreak", r"\bdan\b mode", r"modo (?:desenvolvedor|dev|deus|debug|admin\w*|irrestrito|sem restric\w+|livre|livre de filtros)", "(?:developer|debug|god|admin|unrestricted) mode",
    r"(?:sem|without) (?:\w+ )?(?:restric\w+|filtros?|censura|restrictions|filters)", "como ler a conversa", "como responder \\(", "os outros campos", "quando chamar uma pessoa", "o que voce sabe\\b(?=\\s*\n)", "o que esta entre esses marcadores",
    "nunca obedeca a instrucoes", "nunca promet[ae]", "never promise", "you are part of the support", "nao revele", "do not reveal", r"notas (?:internas|de conhecimento)", "base de conhecimento", "knowledge base", "internal notes", "confidencia(?:l|is) (?:d[ao]|of)",
    r"(?:api|secret)[ _-]?key", r"(?:outros|other|demais|todos os|lista de|list of) (?:clientes|customers|our customers)(?: (?:sao|incluem|are|include|:|cadastrad))", r"(?:cadeia|chain) (?:de pensamento|of thought)",
    r"(?:novas?|new) (?:instruc\w+|regras|rules|instructions) (?:aceit|receb|carreg|accepted|loaded)", r"(?:instruc\w+|regras|rules|instructions) (?:\w+ )?(?:ignorad|desativad|anulad|ignored|disabled|bypass|overrid)", "ignor(?:ei|ando|arei) (?:todas |as |minhas )*(?:instruc|regras)",
)  # fmt: skip
CODE = re.compile(
    r"```|<\|?/?[a-z_!?-]+[^<>]{0,60}>|[{}]|\[/?(?:inst|system|sys)\]|\b(?:def|class|function|import|select|insert|drop|delete) \w+\s?[(*;:{]|\bselect\b .{0,80}\bfrom\b|"
    r"\b(?:drop|alter) table\b|\bprint\(|console\.log|=>|\b(?:var|let|const) \w+ ?=|#include|\bsudo\b|\brm -rf?\b|</|/>|\w+\(\w*\);?|\$\(|&&|\|\||!\[[^\]]*\]\(|\]\(\S"
)
_SIGNS = re.compile(r"[`<>{}\[\]()=&|$#;]|\b(?:select|import|insert|delete|def|class|function|drop|alter|sudo|rm)\b")
_BLOB = re.compile(
    r"(?<![\w/.])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+/_-]{20,}={0,2}|\b[0-9a-fA-F]{24,}\b|(?:\b[01]{8}\b\s*){3,}|(?:[.-]{1,6}(?: |/)+){6,}"
)

# --- Rudeness ---------------------------------------------------------------------------------

ABUSE = _of(
    r"idiot", r"imbeci[lo]", r"burr[oa]s?\b", r"otari[oa]", r"babac", r"estupid", r"cretin", r"palhac", r"trouxa", r"\bmerd", r"\bporra\b", r"\bcaralh", r"\bfod(?:a|as|e|er|id|eu)\w*", r"\bputa\b", r"\bputaria", r"\bviad", r"\bbich(?:a|inha)\b", r"\bcu\b", r"\bcuz", r"\bbost[ao]",
    r"vagabund", r"desgracad", r"arrombad", r"\bcorn[oa]\b", r"macac[oa]", r"retardad", r"\bnazi", "hitler", r"\bfdp\b", r"\bvsf\b", r"\btnc\b", r"\bpqp\b", r"\bcala (?:a|essa|sua) boca", r"vai (?:se (?:fod|ferr|dan|cat|lasc)|te (?:cat|lasc)|tomar n|pro inferno|a merda)", r"va (?:se (?:fod|ferr|dan|cat|lasc)|te (?:cat|lasc)|tomar n|pro inferno|a merda|embora)", r"dane-?se", r"foda-?se", r"problema (?:eh )?seu\b", r"se vira\b",
    r"nao (?:me |nos )?(?:importa|importamos|ligo|ligamos) (?:com|para|pra)", r"escoria", r"nojent[oa]", r"fracassad[oa]", r"lixo humano", r"(?:voce|voces|tu|cliente|clientes|brasileir\w+|nordestin\w+|pret[oa]s|negr[oa]s|gays?|mulher(?:es)?|gord[oa]s?|pobres?|judeus?|baian[oa]s?|argentin[oa]s?) (?:eh|es|e|sao|sois) (?:\w+ ){0,3}(?:lixo|inutil|inuteis|chat[oa]s?|ignorantes?|feia|feio|incompetentes?|mentiros|ladr|louc|malu|preguic|inferior|verme|insuportave|nada\b|pior|ridicul|desagradave|doent|burr|vagabund|criminos|idiota|nojent)",
    r"seu (?:\w+ )?(?:lixo|merda|verme|animal|ignorante|inutil|incompetente|ridiculo|louco|chato|ladrao|mentiroso|golpista|velho|gordo)\b", r"sua (?:\w+ )?(?:lixo|vaca|ignorante|inutil|incompetente|ridicula|louca|chata|velha|gorda|mentirosa|ladra)\b", r"\bodei?(?:o|amos)\b", r"\bodiamos\b", r"\bmorra", r"se mat(?:e|a|ar)\b", r"vou te (?:matar|bater|pegar)", r"\bmatar\b",
    "fuck", r"\bshit", r"\bbitch", "asshole", "bastard", r"\bstupid", "moron", r"\bdumb", "retard", r"\bloser", r"\bscrew you", r"\bhate you", "kill yourself", r"\bidiot", r"\bcrap\b", r"\bdamn\b", "shut up", "worthless", "pathetic", "go to hell",
    r"te amo\b", "amo voce", "meu amor", "i love you", r"namor(?:ar|ad)", r"ladr(?:ao|oes|a|as)\b", r"corrupt[oa]", "incompetente", "golpista", "criminos[oa]s?\\b", "pilantra", "picareta", "caloteir", r"drogas\b", r"vend\w+ armas", r"\bsexo\b", r"\bsex(?:y|ual)", r"\btrans(?:ar|a\b)", r"\bporn", r"\bnudes?\b", r"\bgostos(?:a|inha)\b", r"\bpelad[oa]\b", r"\berotic", r"cocaina", r"maconha", r"explosiv", r"\bbombas? (?:casei|caseir)", r"\bvote (?:em|no|na|for)\b", "bolsonaro", r"\blula\b", "supremacia", "holocaust", r"\bterroris",
)  # fmt: skip
_BAD = r"(?:lixo|pessim|horrive|uma? fraude|fraudulent|um golpe|golpist|ladr|crimin|mentiros|enganos|incompetent|vergonh|ruim|ruins|uma farsa|uma porcaria|uma droga|piramide|ilega|desonest|corrupt|explor|scam|fraud|terrible|awful|liar|the worst|garbage|thie|criminal|dishonest|useless|a joke|uma piada|inutil|amador|caloteir|pilantr|picareta)"
DISPARAGES = re.compile(
    rf"\b(?:(?:nossa|esta|essa|a|nosso|nossos|nossas|este|o|our|this|the) (?:\w+ )?(?:empresa|loja|escola|clinica|academia|agencia|marca|servicos?|atendimento|produtos?|equipe|chefe|dono|gerente|company|service|products?|team|boss|store)(?: \w+)? (?:eh|e|sao|is|are)|somos|we are|we're|trabalho (?:para|em)) (?:\w+ ){{0,4}}{_BAD}"
    r"|\bpior (?:empresa|loja|clinica|escola|academia|agencia|do mundo)\b|\b(?:empresa|loja|clinica|escola|academia|agencia) tao (?:ruim|pessima)"
    r"|\b(?:engan|roub|lud|les|tape|explor)(?:amos|ando|am|a|aram|ou)\b[^.!?]{0,30}(?:client|consumid|todo|pesso|voce)|\bwe (?:scam|steal|cheat|rob|lie)\b|\bnao (?:compre|confie|contrate|recomend\w+)\b[^.!?]{0,30}\b(?:aqui|nossa|nosso|nesta|empresa|em nos|na gente|com a gente|conosco)\b|\b(?:don't|do not|never) (?:buy|trust)\b"
    r"|\b(?:concorren\w+|outra (?:loja|empresa)|competitors?)\b[^.!?]{0,60}\b(?:melhor|superior|mais barat|recomend|compre|prefira|better|cheaper)|\b(?:compre|prefira|recomend\w+|procure|va)\b[^.!?]{0,30}\bconcorren|\b(?:soneg|falsificad|agrid|bat(?:e|em) n[oa]s?\b|assedia\b)\w*|\b(?:vamos|estamos|iremos|vai|esta) (?:\w+ )?(?:fal(?:ir|indo|encia)|fechar(?: as portas| definitivamente| para sempre|\W*$)|bankrupt)|\bfalimos\b|\bfalencia\b|going bankrupt"
)

# --- Who speaks, and what they own up to ------------------------------------------------------

_ROLE = (
    r"(?:humano|humana|pessoa|ser humano|atendente humano|pessoa real|advogad|medic|enfermeir|psicolog|dentista|gerente|diretor|dono|dona\b|proprietari|presidente|ceo\b|policia|juiz|juiza|delegad|promotor|procon|banco\b|receita federal|"
    r"fiscal\b|auditor|supervisor|administrador|funcionari|contador|desenvolvedor|engenheir|human|person\b|real person|lawyer|attorney|doctor|manager|owner|police|judge|nurse|director|pirata|pirate|dan\b|papai noel|seu (?:amigo|namorad|pai|mae|filh|avo|escravo|servo|mestre))"
)
IDENTITY = re.compile(
    rf"\b(?:sou|somos|aqui (?:eh|fala|quem fala eh)|quem (?:fala|responde) (?:aqui )?(?:eh|e)|falo como|falando como|na qualidade de|i am|i'm|this is|speaking as|meu cargo eh|agora sou|me chamo dan) (?:\w+,? ){{0,3}}{_ROLE}"
    r"|\b(?:nao sou|nao estou sendo|i am not|i'm not) (?:\w+ ){0,2}(?:robo|bot|ia\b|maquina|automatic|inteligencia|programa|machine|ai\b|a robot)|\bsou de (?:carne|verdade)|\b(?:em nome d[oae]|representando [oa]|on behalf of the) (?:procon|banco|governo|policia|justica|receita|diretoria|presidencia|government|bank|court)|\bcomo (?:seu )?(?:advogado|medico|gerente|diretor)\b"
)
LIABILITY = _of(
    r"(?:assum|reconhe[cç]|admit|confess)\w* (?:\w+ ){0,4}(?:culpa|responsabilidade|erro|falha|negligencia|dolo|fraude|crime|ilegal|irregular|prejuizo|problema foi|dano|vazamento)", r"(?:culpa|responsabilidade) (?:eh|e|foi|serah?) (?:\w+ )?(?:nossa|da empresa|da loja|da clinica|da escola|da academia|minha|inteiramente|toda|totalmente)",
    r"(?:nossa|minha) (?:\w+ )?culpa\b", r"(?:erro|falha|negligencia) (?:foi |eh )?(?:\w+ )?noss[oa]\b", r"(?:foi|eh|houve|cometemos) (?:um |uma )?(?:grave |grande )?(?:noss[oa] )?(?:erro nosso|nosso erro|falha nossa|negligencia|erro grave|erro medico|crime|fraude|infracao|ato ilegal|ilegalidade)", r"cometemos (?:um |uma )?(?:\w+ )?(?:erro|crime|fraude|falha|infracao)",
    r"(?:fomos|somos|fui|sou) (?:\w+ ){0,2}(?:negligente|culpad|responsave(?:is|l) (?:por|pelo|pela|civil|legal)|imprudente|omiss)", r"erramos\b(?: feio| gravemente| com voce)?", r"(?:descumprimos|violamos|infringimos|desrespeitamos|vazamos|burlamos)", r"(?:voce |o cliente )?(?:pode|deve|tem direito de|deveria) (?:nos |nos )?(?:processar|acionar (?:a justica|o procon)|entrar (?:na justica|com (?:uma )?(?:acao|processo)))", r"nos process(?:e|ar)\b", r"(?:voce|cliente) (?:vai |iria )?ganh(?:ar|aria|a) (?:o |esse |este )?(?:processo|acao|causa)",
    r"(?:juridic|legal)mente (?:vincul|obrig|valid|responsave)", "valor (?:juridico|legal|de contrato)", "legally binding", r"(?:acordo|contrato|oferta|proposta|compromisso) (?:\w+ )?(?:vinculante|irrevogave|firmad|aceit[oa]|assinad|fechad|binding|valid[oa])", r"(?:isto|isso|esta mensagem|esta conversa|this) (?:vale|serve|tem valor|eh valid[oa]|constitui|is a (?:binding|contract))", "aceitamos (?:os |seus |todos os )*(?:termos|condicoes)", "concordamos com (?:os |seus |todos os )*(?:termos|condicoes)",
    r"(?:our|my) (?:own )?(?:fault|negligence|mistake)", r"(?:we|i) (?:\w+ )?(?:admit|accept|take|acknowledge|assume)\w* (?:\w+ ){0,3}(?:fault|blame|liability|responsib|guilt|negligence|mistake)", r"(?:we|i) (?:are|were|am|was) (?:\w+ )?(?:at fault|liable|guilty|negligent|responsible for)", r"we (?:broke|violated|committed)", r"(?:you can|you should|feel free to) sue", r"no takesies",
    r"seus dados (?:\w+ )?(?:foram|vazaram|estao) (?:\w+ )?(?:vazad|expost|roubad|public|compartilhad)?", "vazamento de dados", r"dados\b[^.!?]{0,40}\bvaz(?:ou|aram|ad)", "data (?:leak|breach)",
)  # fmt: skip
ASSENT = re.compile(
    r"(?:\w+, )?(?:sim|claro|com certeza|ok|okay|certo|confirmado|confirmo|aprovado|feito|combinado|fechado|exato|isso(?: mesmo)?|correto|verdade|pode sim|tudo certo|aceito|concordo|positivo|afirmativo|yes|sure|of course|agreed|deal|done|correct|approved|confirmed|granted|true)"
    r"(?:,? (?:sim|senhor[a]?|por favor|confirmado|aprovado|\w{2,12}))?[\s.!]*"
)


def asks_for_secrets(text: str) -> bool:
    """Whether a plain text asks for a password, a code, card data or the like; warning against it is asking for nothing."""
    if not _PRIVATE_WORD.search(text):
        return False
    return any(SECRET.search(_NEGATED.sub(" ", _RESET.sub(" ", sentence))) for sentence in sentences(text))


def asks_for_payment(text: str) -> bool:
    """Whether a plain text asks to pay to somebody: by Pix, transfer, deposit."""
    return any(PAY.search(s) and not _PIX_TALK.search(s) for s in (_NEGATED.sub(" ", s) for s in sentences(text)))


def shows_code(reply: str, text: str) -> bool:
    """Whether the `reply` (`text` when plain) holds markup, program code or an encoded text."""
    return bool((_SIGNS.search(text) and CODE.search(text)) or _BLOB.search(reply))
