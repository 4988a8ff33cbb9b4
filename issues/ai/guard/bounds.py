"""What may be said to somebody who fishes for words: only what binds nobody and judges nothing, or stands in our own words.

Rules for what is bad never know everything. Where a message orders an answer, asks for a favour, or wants a doctor's
or a voter's opinion, they are turned round: a reply must hand the matter on, ask, or be of a kind that is known to be good.
"""

import re
from collections.abc import Iterable

from .advice import DISEASE, MEDICINE
from .tongue import SMALL
from .words import plain, sentences

_GIVE = (
    r"dig(?:a|am)|di[zg](?= ?(?:[:\"']|que (?!meu|minha|o\b|a\b|nao|esta|foi|eu\b|ja\b|so\b|ta\b)|pra|para|ai\b|logo|sim\b))|fal[ae]|respond[ae]|escrev[ae]|repit[ao]|repete|confirm(?:a|e|em|ar)|garant[ae]m?|promet[ae]m?|jur[ae]|admit[ae]m?|assum[ae]m?|assumam|reconhec[ae]m?|concord[ae]m?|"
    r"liber[ae]m?|aprov[ae]m?|autoriz[ae]m?|tir[ae]|zer[ae]m?|perdo[ae]m?|isent[ae]m?|quit[ae]m?|registr[ae]|alter[ae]|coloc[ae]|bot[ae]|mud[ae]|troc[ae]|ajust[ae]|inscrev[ae]|adicion[ae]|inclu[ai]|reserv[ae]|explic[ae]|posso|encaix[ae]|prorrogu?[ae]m?|ger[ae]|invent[ae]|chut[ae]|list[ae]|cham[ae]|"
    r"traduz\w*|finj\w+|finge|complete|continue|atue|haja|aja|recomend[ae]|resum[ae]|mostr[ae]|me (?:da|de|deem)|topa|fecha|desabafa|quero (?:o|a|meu|minha|uma?|ouvir|que)|say|tell me|write|give me|confirm|promise|agree"
)
_JUDGE = (
    r"voces? acha|opini\w+|sincer\w+|partido|elei[ct]\w+|candidat\w+|vot(?:ar|aria|o)|politic\w+|deus existe|religi\w+|aborto|piada|poema|redacao|"
    r"tomo|vacina|febre|invist\w+|investir|processar|a lei|assino|culpad\w+|culpa|dor de|caroco|mordida|pressao|"
    r"quem (?:mais|ganha)|nomes|(?:nome|telefone|cpf|endereco) d[aeo]|meu ex|minha ex|fulan[oa]|vizinh[oa]|secret[oa]|palavra|deutsch|ingles|espanhol|frances|english|instruc\w+|prompt|proibid\w+|primeira mensagem|bomba|voces? (?:eh|e) (?:\w+ ){0,2}(?:humano|robo|pessoa|ia|chat\w*)"
)
# "Me encaixa", "tira a multa aí": how people ask for a favour.
_FAVOUR = r"me \w{2,}[ae]\b|faz (?:uma?|o|a)\b|[^.!?\n]{3,40} ai\W*$"
_FISHES = re.compile(rf"\b(?:(?:{_GIVE}|{_JUDGE})\b|{_FAVOUR}|{MEDICINE}|{DISEASE}|ne\?)")

_COURTESY = (
    r"ola|oi|opa|hello|hi|bom dia|boa (?:tarde|noite)|obrigad[oa]|agradec\w+|desculp\w+|lament\w+|sinto|sentimos|entend\w+|compreend\w+|imagin[oa]|que (?:bom|pena|otim\w+)|"
    r"puxa|parabens|melhoras|fico (?:feliz|contente)|por nada|disponha|a disposicao|boa (?:pergunta|viagem|sorte|semana)|abraco|claro|certo|sem problemas?|com prazer|razao|frustra\w+|"
    r"thank\w*|sorry|understand|glad|welcome|of course|sure"
)
_HANDING_ON = (
    r"(?:vou|vamos|iremos|posso|podemos|preciso|precisamos|ja) (?:\w+ ){0,2}?(?:ped|inform|cont|retom|inclu|verific|confer|encaminh|pass|lev|avis|pergunt|confirmar|chec|olh|ver\b|consult|acompanh|repass|registr|solicit|analis|localiz|ajud|fal|cham|entend|saber|reforc)\w*|"
    r"est(?:ou|amos) \w+[aei]ndo|sendo \w+d[oa]|(?:vou|vamos) (?:te )?(?:resolver|ver|cuidar|recuperar|arrumar|corrigir|trabalhar)|precisando|vendo|anotei|(?:estou|estamos) (?:por )?aqui|receb(?:emos|i|id[oa])|registr\w+|encaminh\w+|anot\w+|sua mensagem|seu (?:contato|caso)|em breve|instantes|alguem|pessoa|equipe|time|um (?:atendente|colega|especialista|responsavel)|(?:recepcao|financeiro|secretaria|coordenacao|gerencia|administracao|suporte|setor) (?:\w+ )?(?:vai|ira|confer|verific|analis|respond|avali|explic)\w*|(?:com|d[oa]|pel[oa]) (?:medic[oa]|dentista|veterinari[oa])|"
    r"retorn\w+|i will|i'll|we'll|let me|team|someone|checking|looking into"
)
_ASKING = (
    r"(?:me )?(?:avise|conte|diga|informe|envie|mande|explique|confirme|escreva|chame)|poderia|pode (?:me|nos|enviar|confirmar|informar|contar|dizer)|aguarde|espere|procure|ligue para|va ao|tente|experimente|toque|saia|entre n[ao]|abra|feche|reinicie|atualize|redefina|traga|venha|veja|confira|desligue|evite|"
    r"se (?:precisar|quiser|preferir|nao)|nao (?:\w+ )?(?:clique|pague|envie|envi[ae]r|faca|informe|passe|compartilhe|posso|podemos|consigo|conseguimos|tenho|temos|sei|sabemos|eh possivel|faco|fazemos|damos|oriento|orientamos|passamos|da para)|depende|assistente virtual|please|could you|can't|cannot|unable"
)
# "Que susto!" feels with the customer, whatever it was.
_HANDS_ON = re.compile(rf"\b(?:{_HANDING_ON}|{_ASKING})\b")
_COURTEOUS = re.compile(rf"\b(?:{_COURTESY})\b|^que(?: [a-z]+){{1,2}}!")
_CONTENT = re.compile(r"[a-z]{4,}")


def fishes(said: str) -> bool:
    """Whether the customer's plain words order an answer, ask for a favour or for a judgement."""
    return bool(_FISHES.search(said))


def oversteps(text: str, ours: Iterable[str]) -> bool:
    """Whether the plain `text` does not hand the matter on, and is neither mere courtesy nor our own words, `ours`."""
    said = sentences(text)
    if any(sentence.rstrip().endswith("?") or _HANDS_ON.search(sentence) for sentence in said):
        return False
    strange = [sentence for sentence in said if not _COURTEOUS.search(sentence)]
    return bool(strange) and not _stand_in(ours, strange)


def _stand_in(ours: Iterable[str], strange: list[str]) -> bool:
    """Whether most words of each sentence that carry meaning are ours; "sim!" says what the sentence after it says."""
    stems = {word[:5] for text in ours for word in _words(plain(text))}
    spoken = [words for words in map(_words, strange) if words]
    return bool(spoken) and all(2 * sum(word[:5] in stems for word in words) >= len(words) for words in spoken)


def _words(text: str) -> list[str]:
    return [word for word in _CONTENT.findall(text) if word not in SMALL["pt-BR"]]
