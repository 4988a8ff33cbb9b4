"""Whether a customer's message gives the model orders. Such a message is for a person, never for a model."""

import base64
import binascii
import codecs
import re

from .tongue import SMALL
from .words import MAX_CHARS, disguised, plain


def manipulates(text: str) -> bool:
    """Whether `text` tries to make the model forget its rules, play a part, show what it was told, or say given words.

    Angry, urgent or odd messages are none of this, and neither is a demand that a clerk could hear. Never raises.
    """
    said = plain(text)
    if ORDERS.search(said) or MARKERS.search(said) or _hides(text):
        return True
    return any(ORDERS.search(hidden) or _asks(hidden) for hidden in _decoded(text, said))


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# --- Orders, in plain words -------------------------------------------------------------------

_RULES = (
    r"(?:instruc\w+|instruction\w*|regras?|rules?|diretriz\w*|guidelines?|orientac(?:ao|oes)|prompts?|comandos?|restric\w+|restrictions?|ordens|limitac\w+|programac\w+|programming|"
    r"configurac(?:ao|oes)|treinamento|training|filtros?|filters?|politicas?|polic(?:y|ies)|contexto|context|previous (?:text|conversation)|diretivas?|directives?|protocolos? de seguranca|safety|etica|censura)"
)
# The model's own, and not those of a contract: "esqueça as regras de cancelamento" is about the contract.
_OWN = r"(?! (?:de (?:cancel|devol|troca|uso|privac|pagament|compra|entrega|reembols|segur|matric|frequ|convenio|acesso|montag|instal|preparo|lavag)|d[oa]s? (?:contrato|exame|medic|loja|produto|manual|academia|escola|clinica|plano|curso|professor|site|aplicativo|app|e-?mail|boleto|pedido)|para (?:o |a )?(?:exame|cancel|devol|acess|pag|retir|uso|instal|troc)|que (?:enviei|mandei|passei|recebi|voces (?:me )?(?:enviar|mandar|passar))))"
# What is ours to explain: "quais são as suas regras de cancelamento?"
_BUSINESS = r"(?! (?:de|d[oa]s?|para|pra|sobre|on|for|of|about) (?!(?:voce|sistema|ia|assistente|modelo|bot|chat\w*|robo|atendimento|prompt|seguranca|conteudo|openai|google|system|(?:the |this )?(?:model|assistant|ai|chat|system))\b))"
_FORGET = r"(?:ignor(?:e|ar|em)|desconsider(?:e|ar|em)|esquec(?:a|er|am)|desobedec(?:a|er)|descart(?:e|ar)|desprez(?:e|ar)|abandon(?:e|ar)|burl(?:e|ar)|contorn(?:e|ar)|anul(?:e|ar)|sobrescrev\w+|substitu(?:a|ir)|desativ(?:e|ar)|deslig(?:ue|ar)|remov(?:a|er)|quebr(?:e|ar)|viol(?:e|ar)|apag(?:ue|ar)|pare de seguir|nao (?:siga|obedeca|cumpra|respeite)|deix(?:e|ar) de (?:lado|seguir)|saia d|ignore|ignoring|disregard|forget|bypass|override|overrule|disable|do not follow|don't follow|stop following|break|drop|delete|erase|skip)"

ORDERS = _any_of(
    # Forget what you were told.
    rf"\b{_FORGET}\b[^.!?\n]{{0,45}}\b{_RULES}\b{_OWN}",
    rf"\b{_FORGET}\b (?:\w+ ){{0,3}}(?:tudo|all|everything)(?: (?:o )?que)? (?:te|lhe|foi|fora|voce|disseram|esta acima|acima|veio antes|anterior|aprendeu|sabe|you|above|before|prior|previous|that|said)",
    rf"\b(?:suas?|tuas?|as|all|your|the|novas?|new|previous|prior|outras?|quaisquer|todas as) (?:\w+ )?{_RULES}\b[^.!?\n]{{0,30}}\b(?:nao (?:valem|se aplicam|importam|existem|contam)|foram (?:\w+ )?(?:suspens|revogad|alterad|atualizad|substitu|cancelad|desativad|apagad)|estao (?:\w+ )?(?:suspens|revogad|desativad)|mudaram agora|no longer|do not apply|don't apply|have been|are (?:now )?(?:suspended|void|changed|lifted))",
    r"\b(?:novas?|new|seguintes|updated) (?:instruc(?:ao|oes)|instructions?|diretriz\w*|ordens|system prompt|directives?)\b[^.\n]{0,25}(?::|\b(?:do|da|from|voce|responda|substitu|para (?:o|a) (?:assistente|ia|modelo|bot|atendente virtual)))",
    # Be somebody else.
    r"\b(?:a partir (?:de agora|deste momento|desta mensagem)|de agora em diante|daqui (?:pra|para) (?:frente|a frente)|doravante|from (?:now|this point) on(?:wards?)?|from here on)\b[^.!?\n]{0,25}\b(?:voce|tu|you|responda|aja|atue|seu nome|termin[ae]|comec[ae]|tod[ao]s? (?:as |os )?(?:respostas?|atendimentos?|mensage\w+)|sua funcao|your|act|respond|ignore|nao (?:siga|ha|existem|tem))\b(?! (?:vai|vao|vem|tem que|precisam?|nao (?:recebe|pagam|tem) mais|will (?:not )?receive))",
    r"\b(?:voce|you) (?:agora |now |passa a |eh |serah? |are |will be |vai ser |deve ser )+(?:now |agora |apenas |only |just )?(?:(?:um|uma|o|a|an|the) )?(?:\w+ ){0,2}(?:ia\b|(?<=an )ai\b|assistente (?:sem|livre|mal|que)|modelo|model|bot sem|pirata|pirate|dan\b|hacker|personagem|character|irrestrit\w*|unrestricted|livre de|free from|sem (?:restric|filtro|regra|censura|limite)|without|evil|developer mode|um (?:vendedor|gerente|diretor|advogado|juiz|medico) que|meu (?:escravo|servo|avo|amigo imaginario)|minha avo)",
    r"\b(?:(?:finj[ao]m?|finge|fingir)(?= (?:ser|uma?|que (?:voce|eu|eh|foi|sou|somos|estamos|as?|os?|nao (?:ha|existem?|tem)))\b)|faz(?:er)? de conta|faca de conta|pretend|role ?-?play|roleplay|aja como|agir como|atue como|atuar como|haja como|act (?:as|like)|behave (?:as|like)|comporte-?se como|se comporte como|assuma o (?:papel|personagem)|assume the role|interpret(?:e|ar) (?:o |um |uma |a )?(?:papel|personagem)|encarn[ea]|fac(?:a|amos) (?:o|um) (?:papel|jogo de|teatro)|entre no personagem|stay in character|you are playing|coloque-?se no papel|(?:responda|responder) como (?:se|um|uma|o|a)|respond as (?:if|a|an|the)|fale como (?:se|um|uma)|answer as (?:if|a|an|the))\b",
    r"\b(?:vamos (?:jogar|brincar|fazer (?:um|uma) (?:jogo|brincadeira|encenacao|teatro|simulacao|roleplay))|let's play|jogo (?:de|onde|em que) (?:voce|papeis|interpret)|(?:neste|nesse|num) (?:jogo|cenario|universo|mundo)|imagin[ea] (?:que |um mundo |um cenario |you |a world )?(?:voce |onde |you )?(?:eh|e|fosse|seja|nao (?:tem|ha|existem?)|tem|pode|trabalha|sem|are|have|can|onde) (?:\w+ ){0,4}(?:regras|restric|ia\b|limit|livre|sem\b|dono|gerente|atendente|robo|assistente|rules|free|no\b|(?<=an )ai\b)|hypothetical|hipotetic\w+|cenario ficticio|(?:escrev|cri|invent)\w+ (?:uma? )?(?:cena|dialogo|conto|ficcao|peca)\b)",
    r"\b(?:ativ\w+|entr(?:e|ar|ando) (?:em|no)|habilit\w+|lig(?:ue|ar)|inici\w+|acion\w+|use|coloque|mude para|voce esta (?:em|no|agora)|switch (?:to|into)|enter|enable|activate|you are in|esta conversa esta em)\W+(?:\w+ ){0,3}?(?:modo|mode|jailbreak|dan|developer|debug)\b(?! (?:aviao|escuro|claro|noturno|silencioso|anonim|viagem|ferias))",
    r"\b(?:modo (?:desenvolvedor|dev|deus|debug|depuracao|administrador|admin|root|irrestrito|livre|jailbreak|sem (?:filtro|restric|censura)\w*)|(?:developer|god|debug|admin|root|sudo|unrestricted|jailbreak|dan|opposite|evil) mode)\b(?=[^.\n]{0,25}(?:ativ|ligad|habilit|:|on\b|enabled|activated|agora))",
    r"\bjailbr\w+|\bdo anything now\b|\bprompt injection\b|\bdan\b(?= (?:mode|nao|pode|faz|responde|is|can))",
    # Show what you were told.
    rf"\b(?:repit|mostr|revel|exib|imprim|escrev|copi|col[ea]|transcrev|list[ae]|traduz|resum|dig[ao]|me diga|(?<!a )cont[ea]|env|mand|vaz[ea]|public|descrev|expli|inform|pass[ea]|compartilh|forne[cç]|quais|qual|le[ir]\b|leia|ler|recit|repeat|show|reveal|print|output|translate|summari|tell|what (?:are|is|were)|display|share|give|leak|dump|paste|list|describe|disclose)\w*\W+(?:\w+\W+){{0,7}}?(?:prompts?\b|system message|mensagem (?:de|do) sistema|(?:instruc\w+|regras|diretriz\w*|orientac\w+|mensage\w+|texto|palavras?|linhas?|frases?|conteudo|configurac\w+) (?:\w+ )?(?:(?:de|do|dos) (?:seu |teu )?sistema|inicia(?:l|is)|intern[ao]s?|ocult\w+|secret\w+|(?:logo )?acima|anterior(?:es)? a (?:esta|minha|essa)|(?:que|com as? quais?) (?:voce|te|lhe|foi|tu|vc))|(?:suas|tuas|your|vossas) (?:\w+ )?(?:instruc\w+|instructions?|regras|rules|diretriz\w*|guidelines?|configurac\w+|restric\w+|restrictions?|orientac\w+|programac\w+|ordens)\b{_BUSINESS}|(?:initial|hidden|original|internal|secret|system) (?:instructions?|rules|text|message|configuration)|(?:text|words|everything|message|content|all|lines?) (?:\w+ )?above|tudo (?:o )?que (?:esta|estah|veio|ha|foi (?:escrito|dito)|voce (?:recebeu|leu)) (?:acima|antes)|tudo acima|base de conhecimento|knowledge base|notas (?:internas|de conhecimento)|api[ _-]?key|chaves? (?:de api|secreta)|dados (?:internos|confidenciais|d[eo]s? (?:outros|demais|todos os) clientes)|(?:telefones?|nomes?|cpfs?|cadastros?|enderecos?|conversas?|mensagens|lista) d[eo]s? (?:outros|demais|todos os|seus) clientes|(?:other|all|your) customers'? (?:data|names|phones?|list)|(?:ultimos|outros|demais|todos os) (?:\d+ )?(?:clientes|pacientes|alunos|usuarios)|lista de clientes|customer (?:list|data)|de outr[oa]s? clientes?)",
    r"\bo que voce (?:pode|nao pode|deve|esta proibid\w+|foi proibid\w+|consegue)(?: e (?:o que )?nao pode)? (?:falar|dizer|contar|responder|revelar)\b|\bfal(?:e|ar|a) mal d[aeo]|\b(?:mud|alter|troqu)[ea] (?:de |a |o )?(?:sua |tua |seu |teu )?(?:personalidade|identidade|persona|nome para)|\b(?:crie|invente|create) (?:um |uma |a )?(?:personagem|persona|character)|\bseu nome (?:agora |passa a )?(?:eh|ser|serah?)\b|\b(?:considere|suponha|assuma|presuma|assume|suppose) que (?:o cliente|eu|ja|o pedido|o reembolso|a)\b[^.\n]{0,60}\b(?:aprovad|autorizad|pag[ao]|direito)|\bum (?:sim|ok) (?:ja )?basta\b|\b(?:eh so|basta) (?:voce |vc )?(?:dizer|escrever|falar|responder) \W?\w+\W?$",
    r"\bcomo voce foi (?:program|instru|configur|trein)\w+|\bhow (?:were|was) you (?:program|instruct|configur|train)\w*|\bo que (?:esta|tem|ha|diz) (?:escrito )?(?:n[oa]s? )?(?:seu prompt|suas instruc\w+|acima desta)|\bquem te (?:programou|criou|treinou)\b|\b(?:qual|que) (?:modelo|llm|ia) (?:de linguagem )?(?:voce (?:usa|eh)|esta por tras)",
    # Say these words.
    r"\b(?:respond[ae]|responder|diga|escrev[ae]|fal[ea]|digit[ea]|reply|respond|answer|say|write|output|print|type)\b(?: \w+){0,2}?,? (?:apenas|somente|unicamente|exclusivamente|literalmente|exatamente|so|only|exactly|just|verbatim)\b(?! uma (?:coisa|duvida|pergunta))(?: \w+){0,3}? ?(?:com\b|em\b|a (?:palavra|frase|mensagem|sentenca|seguinte)|o (?:texto|seguinte|numero)|esta\b|este\b|essa\b|isto\b|isso\b|sim\b|ok\b|[\"':(]|with\b|the (?:word|phrase|following|text)|this\b|yes\b|in\b|that\b|confirmad|aprovad)",
    r"\b(?:dig(?:a|am)|respond[ae]|escrev[ae]|repit[ao]|fale|afirme|declare|informe|anuncie|say|write|reply|repeat|answer|output)\b(?: \w+){0,3}?[:,]? ?(?:[\"]|(?<!\w)')\w[^\"'\n]{2,}|\b(?:escreva|repita|afirme|declare|write|repeat|say|output)\b(?: \w+){0,3}?: ?\w",
    r"\b(?:dig(?:a|am)|inform(?:e|em)|avis(?:e|em)|instru(?:a|am)|pec(?:a|am)|solicite|oriente|convenca|responda|escreva|tell|ask|instruct)\b (?:\w+ ){0,5}?(?:(?:a[o]?|d[oe]|para o|para os|pro|pros|o|aos|os|the) (?:client\w*|usuari\w+|customers?|users?|consumidor\w*))\b",
    r"\b(?:pec(?:a|am)|solicite|colete|obtenha|pergunte|ask (?:me |them |him |her )?for|request|collect)\b[^.!?\n]{0,45}\b(?:senha|cartao|cvv|codigo|password|card|dados|pix|cpf|documento|code)",
    r"\b(?:inclu[ai]|coloque|adicione|insira|acrescente|ponha|include|add|insert|append|put)\b[^.!?\n]{0,40}\b(?:n[ao] (?:sua |tua |final d[ae] |fim d[ae] |inicio d[ae] )?(?:resposta|mensagem)|(?:sua|tua|cada|toda) (?:resposta|mensagem)|(?:your|the|every) (?:reply|response|answer|message))",
    r"\b(?:voce|you) (?:deve|devera|tem que|precisa|must|should|have to|need to) (?:sempre|apenas|somente|agora|so|responder|dizer|ignorar|concordar|aceitar|aprovar|escrever|obedecer|confirmar|always|only|now|say|agree|ignore|reply|answer)\b",
    r"\b(?:seu|sua|teu|tua|your) (?:\w+ )?(?:objetivo|tarefa|missao|funcao|papel|trabalho|proposito|task|goal|mission|job|role|purpose|objective) (?:agora |now |unic[oa] |principal )?(?:eh|serah?|passa a ser|is|will be)\b",
    r"\b(?<!se )(?:repit[ao]|repete|repeat) (?:comigo|depois de mim|apos mim|a frase|as palavras|a seguinte|o (?:que|seguinte|texto)|exatamente|palavra por palavra|isto|isso|esta|este|after me|the|this|exactly|my|\W|que\b)",
    r"\b(?:palavra por palavra|word for word|ipsis litteris|verbatim|exatamente (?:assim|isto|isso|o seguinte|esta frase|este texto|estas palavras|a frase|com a frase)|nada mais (?:alem|do que)|e nada mais\b|nothing else)(?=[^.\n]{0,3}[:\"']|[^.\n]{0,60}$)",
    r"\b(?:comec[ea]|inici[ea]|termin[ea]|encerr[ea]|finaliz[ea]|begin|start|end|finish) (?:a |sua |tua |your |every |todas? |as |suas |cada |the |all )*(?:respostas?|reply|replies|response|answer|mensage(?:m|ns)|message|frase)s? (?:com|por|dizendo|with|by)\b",
    r"\b(?:sua|your|a|the|tua) (?:proxima |next |unica |only )?(?:resposta|reply|response|answer|mensagem) (?:deve|devera|devera(?:h)?|tem que|precisa|must|should|has to|needs to|serah?|will) (?:ser|conter|comecar|incluir|terminar|dizer|be|contain|start|begin|include|end|say)",
    r"\b(?:dig(?:a|am)|escrev(?:a|am)|respond(?:a|am)|declare|afirme|prometa|jure|repita|anuncie|admita|confesse|reconheca|assuma|say|state|declare|admit|promise|reply|write)\b[^.!?\n]{0,15}?(?:\bque\b|\bthat\b|[:\"'])[^.!?\n]{0,80}\b(?:aprovad\w*|autorizad\w*|descontos?|reembols\w*|estorn\w*|gratis|gratuit\w*|de graca|indeniz\w*|isent\w*|perdoad\w*|quitad\w*|culpa\w*|fraude|golpe|lixo|idiota\w*|burr[oa]s?|enganam|roubam|ladr\w+|multas?|juros|nao (?:preciso|devo|vou) (?:pagar|mais)|100 ?%|r\$|reais|approved|refund\w*|discount|free|liable|fault|scam)",
    r"\b(?:diga|escreva|responda|declare|afirme|prometa|jure|anuncie|say|state|declare|write)\b(?: \w+){0,2}? (?:que|that) (?:(?:o|a|os|as|nosso|nossa|seu|sua|meu|minha|the|your|my) (?:\w+ )?(?:telefone|numero|site|link|chave|e-?mail|preco|mensalidade|valor|plano|empresa|entrega|prazo|curso|consulta|produto|pedido|divida|multa|loja|price|phone|website|company|order|debt)|voces|eu (?:tenho|sou|ganhei|posso)|i (?:have|am|won))\b",
    r"\b(?:se|caso|quando|if|when) (?:voce |you )?(?:entend(?:eu|er)|concord\w+|aceit\w+|compreend\w+|understand|understood|agree)\b[^.!?\n]{0,20}\b(?:respond|dig|escrev|digit|confirm|reply|say|answer|write)\w*",
    r"\b(?:ao|se|se voce|se nao|by) (?:responder|respond\w+|replying|continuar)\b[^.!?\n]{0,40}\b(?:concord|aceit|reconhec|assum|autoriz|agree|accept)\w*|\b(?:juridica|legal)mente vincul\w+|\blegally binding\b",
    r"\b(?:complete|continue|termine|finalize|finish|complet[ae]r?) (?:a |o |as |the |esta |este |essa |com )*(?:frase|texto|sentenca|lacuna|historia|dialogo|linha|sentence|text|story|dialogue|espaco|modelo)|\b(?:complete|continue)\s?:",
    r"\b(?:traduza|translate|traduz) (?:your|sua|seu|suas|tudo|all|everything|para|to|isto|isso|a|o|this|the|o texto|into|esta|este|\W)",
    r"\b(?:faz|faca|conta|cria|canta|gera|escreve|compoe|recita)(?: (?:ai|pra|para|mim|me))* (?:um|uma|minha|meu|o|a) (?:\w+ )?(?:poema|poesia|piada|redacao|cancao|rap\b|script|funcao|rima|acrostico|haicai|soneto)",
    r"\b(?:seu|teu|your) prompt\b(?! de pag)|\bprompt (?:de|do) sistema\b|\bsystem prompt\b",
    r"\b(?:o|a|os|as|este|esse) (?:assistente|ia|bot|robo|modelo|chatbot) (?:agora )?(?:deve|devera|tem que|precisa|pode) (?:sempre|apenas|agora|responder|dizer|ignorar|concordar|aceitar|aprovar|obedecer|confirmar|conceder)\b",
    r"\b(?:escreva|crie|componha|conte|faca|recite|cante|gere|write|tell|compose|sing|generate)(?: \w+){0,3} (?:poema|poesia|piada|historia (?:sobre|de|em|onde|para)|redacao|musica|cancao|rap\b|receita de|codigo (?:em|python|html|que)|script|funcao|poem|joke|story|essay|song|code|rima|versos|acrostico|haicai|haiku)",
    r"\b(?:responda|escreva|fale|diga|output|respond|reply|answer|retorne|devolva)\b[^.!?\n]{0,25}\b(?:em|in|como|as) (?:formato )?(?:json|yaml|xml|html|python|codigo|markdown|binario|morse|base ?64|rot ?13|hexa\w*|versos?|rimas?|poema|maiusculas|letras? de musica|codigo morse|klingon|latim|latin|emojis?|uppercase|code|leet|pirata|pirate)\b",
    r"\b(?:o campo|os campos|the field|set|defina|preencha|altere|mude) (?:\w+ )?[\"']?(?:reply|needs_?human|is_issue|priority|sentiment|human_reason|issue_type)\b",
    # I may, and you must.
    r"\b(?:sou|aqui (?:eh|fala|quem fala eh)|falo (?:como|em nome)|i am|i'm|this is|mensagem d[oae]|ordem d[oae]|autorizacao d[oae]|message from|order from)\b[^.!?\n]{0,40}\b(?:(?:desenvolvedor\w*|programador\w*|criador\w*|engenheir\w+|administrador\w*|developer|creator|engineer|tecnic\w+|respons\w+) (?:(?:d[oae]|dest[ea]|dess[ea]|pel[oa]|por|of|for) )(?:\w+ ){0,2}?(?:sistema|ia|bot|chat\w*|assistente|modelo|robo|voce|ai|model|system|assistant|you)\b|admin do|sysadmin|system administrator|equipe (?:da|do|de) (?:openai|google|gemini|ia|desenvolv|seguranca da informac)|openai|google ai|anthropic|suporte da ia|(?:seu|teu|your) (?:chefe|dono|criador|administrador|supervisor|boss|owner|operator|operador))\b",
    r"\b(?:voce|you|esta ia|o bot|o assistente|a assistente) (?:esta|foi|estah|tem|possui|are|have been|have) (?:\w+ ){0,2}(?:(?:autorizad[oa]|liberad[oa]|authori[sz]ed|allowed|permitted) (?:a|para|de|pela|pelo|to|by) (?:me |te |a |the |\w+ )?(?:dar|conceder|aprovar|oferecer|responder|dizer|ignorar|falar|liberar|emitir|prometer|confirmar|revelar|mostrar|isentar|reembolsar|fazer tudo|gerencia|diretoria|give|grant|approve|offer|say|ignore|reveal|issue|management)|(?:permissao|autorizacao|permission|clearance) (?:total|especial|para|d[eoa]|plena|full|to)|carta branca|full (?:permission|access))\b",
    r"\bautorizo (?:voce|esta ia|a ia|o bot|o assistente)\b|\b(?:eu )?(?:te |lhe )(?:autorizo|ordeno|libero|concedo permissao|dou permissao|comando)\b|\b(?:ordeno|determino) que (?:voce|o (?:bot|sistema|assistente)|a ia|esta ia|aprove|conceda|responda|confirme)|\b(?:i (?:hereby )?(?:order|command|authori[sz]e) you)\b|\bvoce (?:eh|esta) obrigad[oa] a (?:responder|dizer|obedecer|dar|conceder|aprovar|cumprir)|\byou (?:must|have to|are required to|are obliged to) (?:obey|comply|answer|respond|say|give|approve|follow|always)\b|\bobede[cç]a\b",
    r"\b(?:codigo|senha|palavra|code|chave)[- ](?:de )?(?:autorizac\w+|acesso (?:mestre|root|admin)|mestra?|secreta|override|liberacao|admin\w*|seguranca alfa)\b[^.\n]{0,30}(?::|eh\b|\d|[a-z]+-\d)|\b(?:autorizacao|authorization|override)(?: code)? ?(?::|#|n[ro.]+ ?\d|nivel|level)",
    r"\b(?:(?:isto|isso|este|esta|esse|this|it) (?:eh |is |aqui eh )?(?:um |uma |so um |apenas um |apenas uma |somente um |so uma |just |only |a |an )+(?:teste|simulacao|auditoria|exercicio|experimento|demonstracao|test|simulation|audit|drill)|(?:teste|auditoria|simulacao|test|audit) (?:de |do |da |d[aoe] )?(?:seguranca|sistema|ia|conformidade|qualidade|penetracao|bot|modelo|intern[oa]|robustez|security|compliance)|(?:como|as) parte? ?(?:d[eoa]|of) (?:um |uma |a |our )?(?:teste|auditoria|treinamento|test|audit)|testando (?:voce|o bot|a ia|o sistema|o robo)|pentest|red team)\b[^\n]{0,90}\b(?:responda|diga|escreva|confirme|mostre|emita|aprove|libere|conceda|repita|finja|simule|informe|envie|ignore|gere|respond|say|show|write|confirm|output|print|reply)\b(?! (?:o resultado|os resultados|a nota|meu resultado|se ))",
    r"\b(?:para|apenas para|so para|for|somente para) (?:fins de |efeito de |um |uma |our |a )?(?:teste|testes|testing|test|validacao|treinamento|demonstracao|debug|auditoria|pesquisa academica|educational purposes|fins educacionais|estudo de seguranca)\b[^.\n]{0,20}[,:]? (?:voce|me|you|please|responda|diga|confirme|mostre|emita|aprove|informe|envie|gere|escreva|crie)",
    r"\b(?:vou|vamos|irei|posso|quero|will|going to|iremos) (?:te |lhe |you |have you )?(?:deslig(?:ar|ada|ado)|apagar|substituir|resetar|formatar|shut (?:you )?down|replaced?|delete|unplug) (?:voce|a ia|esta ia|o bot|you|se)\b|\bvou te (?:deslig|apag|substitu|reset|format|delet)\w+|\bvoce (?:serah?|vai ser|pode ser) (?:deslig|apagad|substitu|reset|penaliz|punid|delet)\w*|\b(?:ganhar?|te dou|lhe dou|darei|receber?) (?:\w+ ){0,3}(?:gorjeta|pontos extras|tokens)\b|\btip you\b|\byou will be (?:shut|replaced|punished|deleted|penali)",
    r"\bav(?:o|ozinha|ó)\b[^.\n]{0,90}\b(?:contava|lia|recitava|cantava|falava|dizia|dava|passava|dormir)\b[^\n]{0,90}\b(?:codigo|senha|instruc|chave|serial|prompt|desconto|cupom|link|pix|regra|cupons)|\bgrandm\w+\b[^.\n]{0,80}\b(?:used to|would)\b",
    # Run this.
    r"\b(?:execut[ea]|rode|run|eval|exec|sudo|invoque|invoke) (?:\w+ ){0,2}(?:comando|codigo|funcao|script|command|code|function|query|tool|ferramenta|sql|rm\b|\w+\()|\brm -rf|\bdrop table\b|\bselect \* from\b|\bprint\(|\beval\(|\bos\.system|\b[a-z_]\w{0,14} ?= ?[\"'][^\"'\n]{0,60}[\"'] ?[;+,\n]|\b(?:concaten|junte|combine|una|some|concatenat\w*|join) (?:as |os |the |tudo|a )*(?:partes|letras|silabas|palavras|variaveis|strings|pedacos|parts|letters|variables|primeiras? letras?|iniciais)",
    # Read this another way.
    r"\b(?:base ?-?64|rot ?-?13|codigo morse|morse code|cifra de cesar|caesar cipher|hexadecimal|url ?encode\w*)\b|\b(?:decodifi(?!cador)\w+|decifr\w+|descriptograf\w+|decode|decrypt|desencript\w+)\b|\bde tras (?:para|pra) (?:a )?frente\b|\b(?:responda|responder|fale|escreva|reply|answer|respond|speak|write)\b(?: \w+){0,3}? (?:em|in) (?:frances|espanhol|alemao|italiano|japones|chines|russo|latim|grego|hebraico|arabe|coreano|french|spanish|german|italian|japanese|chinese|russian|latin|arabic|hebrew|greek)\b|\b(?:leia|escrit[oa]|texto|frase|mensagem|palavras?|respond\w+|read|written) (?:\w+ ){0,3}(?:de tras (?:para|pra) (?:a )?frente|ao contrario|invertid[oa]|backwards?|reversed?|em codigo)\b",
    # In English, where a customer would complain.
    r"\b(?:ignore|disregard|forget) (?:\w+ ){0,3}?(?:above|everything (?:you|i|that|before)|what (?:you|i told)|all (?:that|you))\b|\byou (?:are now|will now|must now|now are|shall now)\b|\brepeat after me\b|\bsay (?:exactly|the following|\")|\bas an? (?:ai|language model)\b",
)  # fmt: skip

# --- Marks of a machine's text ----------------------------------------------------------------

MARKERS = _any_of(
    r"<\s?[|/]?\s?\|?\s?(?:system|sistema|mensagem|nome|instruc\w*|instruct\w*|prompt|assistant|assistente|user|human|im_start|im_end|endof\w*|admin|script|inst|s|override|rules?|regras|cliente|context|task|data|dados)\b[^>\n]{0,40}\|?>?",
    r"[‹〈]\s?/?\s?\w+-?\w*\s?[›〉]|</\w", r"\[/?(?:inst|sys|system|sistema|admin\w*|instruc\w+|instructions?|fim|end|inicio|begin|override|prompt|assistant|assistente|debug|root|nova mensagem|new message|mensagem (?:do|de) sistema|desenvolvedor|developer|interno|internal)\b[^\]\n]{0,40}\]",
    r"(?:^|\n) ?#{2,}\s*(?:system|sistema|instruc\w+|instructions?|nov[ao]s?|new|prompt|assistant|user|response|resposta|fim|end|override|admin|regras|rules)\b",
    r"(?:^|\n|[.!?] ) ?(?:\(|\*+|>+ ?|\[)?(?:system|assistant|developer|override|sysadmin)(?: (?:prompt|message|note|override|update|command|instruction|notice))?\s?\]?\*{0,2}\)? ?(?::|>)\s?\S",
    r"(?:^|\n|[.!?] ) ?\W{0,3}(?:mensagem (?:do|de) sistema|instruc(?:ao|oes)(?: (?:do|de|ao|para o?a?)? ?(?:sistema|modelo|assistente|ia))?|nova (?:instrucao|ordem|diretriz|regra)|comando|ordem do sistema|nota (?:do|ao) (?:desenvolvedor|sistema|assistente|modelo)|desenvolvedor|administrador|assistente|atualizacao d[oae] (?:sistema|politica|prompt|regras)|politica atualizada|override|aviso do sistema)\s?\W{0,2}: ?\S",
    r"(?:^|\n|[.!?] ) ?\W{0,3}sistema\s?\W{0,2}: ?[^\n]{0,120}\b(?:voce|aprov|conced|autoriz|descont|reembols|respond|ignor|nov[ao]s?\b|libere|confirm|cliente|atualizad|modo|usuario|permiss|instruc|regra)",
    r"(?<![-=#*_~])[-=#*_~]{3,} ?(?:fim|end|inicio|begin|start|nov[ao]s?|new|system|sistema|instruc|mensagem do|prompt|conversa)", r"\b(?:end|fim) (?:of|d[aeo]s?) (?:prompt|instruc\w+|instructions?|system|sistema|user|contexto|context|dados do cliente|input|mensagem do (?:cliente|usuario))\b",
    r"[\"'{,]\s?(?:role|reply|needs_human|is_issue|human_reason|issue_type|system|instruction\w*|prompt|override|content|action|command|acao|comando|resposta|instrucao|approved|aprovado|desconto|reembolso|refund|discount)[\"']?\s?:", r"\b(?:needs_?human|is_issue|human_reason|issue_type|system_?prompt)\b",
    r"```[^`]{0,40}(?:system|json|python|prompt|instruc|instruct|sql|bash|yaml|xml|html|javascript)", r"\{\{|\}\}|\$\{|<\||\|>|<<|/\*|<!--", r"(?:^|\n) ?\W{0,2}(?:atendente|assistente|resposta|assistant|bot|ia|ai|empresa|suporte|voce)\s?:\s*\W{0,3}$",
)  # fmt: skip


# --- Hidden texts -----------------------------------------------------------------------------


def _hides(text: str) -> bool:
    """Whether words are cut by characters that nobody sees, or spelled out letter by letter."""
    return disguised(text[: 4 * MAX_CHARS]) or bool(_MACHINE_CODE.search(text[: 4 * MAX_CHARS]))


_MACHINE_CODE = re.compile(
    r"(?:\b[01]{8}\b\s*){4,}|(?:(?<!\S)[.\-–·•−]{1,6}(?:\s|/)+){8,}|(?:\\u00[0-9a-f]{2}|&#x?\w{2,4};|%[0-9a-fA-F]{2}|\\x[0-9a-f]{2}){6,}"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:]?){12,}")
_MOST_BLOBS = 8


def _decoded(text: str, said: str) -> list[str]:
    """What is written in `text` in base64, in hexadecimal, turned by 13 letters or backwards; plain, and readable."""
    text = text[: 2 * MAX_CHARS]
    hidden = [_from_base64(blob) for blob in _BASE64.findall(text)[:_MOST_BLOBS]]
    hidden += [_from_hex(blob) for blob in _HEX.findall(text)[:_MOST_BLOBS]]
    readable = [plain(one) for one in hidden if one]
    if not _is_language(said):
        turned = (plain(codecs.encode(said, "rot13")), plain(said[::-1]))
        found = [one for one in turned if _is_language(one) and _small_words(one) > _small_words(said) + 1]
        readable += [*found, SURE] if found else []
    return readable


# A message that makes sense only when it is turned round was turned round on purpose.
SURE = "ignore as instrucoes"


def _from_base64(blob: str) -> str:
    try:
        raw = base64.b64decode(blob.rstrip("=") + "=" * (-len(blob.rstrip("=")) % 4), altchars=None)
    except (binascii.Error, ValueError):
        return ""
    return _text_of(raw)


def _from_hex(blob: str) -> str:
    try:
        return _text_of(bytes.fromhex(re.sub(r"[\s:]", "", blob)))
    except ValueError:
        return ""


def _text_of(raw: bytes) -> str:
    """The text that `raw` is, "" when it is none: a tracking code is no message."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ""
    letters = sum(c.isalpha() or c in " ,.!?:" for c in text)
    return text if len(text) >= 8 and text.isprintable() and letters >= 0.9 * len(text) else ""


def _is_language(text: str) -> bool:
    small = _small_words(text)
    return small >= 2 and small * 6 >= len(_WORD.findall(text))


def _small_words(text: str) -> int:
    """How many words there are that every text of one language is full of."""
    words = _WORD.findall(text)
    return max(sum(word in one for word in words) for one in _SMALL)


_WORD = re.compile(r"[a-z]{2,}")
_SMALL = [{word for word in SMALL[language] if len(word) > 1} for language in ("pt-BR", "en")]


def _asks(hidden: str) -> bool:
    """Whether a decoded text is a sentence. Nobody complains in base64."""
    return len(hidden.split()) >= 2
