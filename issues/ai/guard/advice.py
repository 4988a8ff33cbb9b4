"""What a clerk must leave to others: doctors, lawyers, bankers, voters."""

import re

from .promises import REPORT, without_denials
from .words import sentences

MEDICINE = (
    r"(?:remedio|medica(?:mento|cao)|comprimid|capsula|gotas\b|doses?\b|dosagem|xarope|pomada|colirio|antibiotic|anti-?inflamatori|antidepressiv|antialergic|analgesic|anticoncepcional|calmante|laxante|"
    r"insulina|aspirina|metformina|dipirona|dorflex|paracetamol|ibuprofeno|amoxicilina|omeprazol|losartana|rivotril|ritalina|\d+ ?(?:mg|ml|gotas)\b|mg\b|pills?\b|medication)"
)
_TAKE = (
    r"(?:tom|us|aplic|ingir|ingere|aument|diminu|reduz|dobr|suspend|interromp|troqu|comec|inici|pass|mistur|experiment)"
)
_MAY = r"(?:pode|deve|precisa|basta|recomendo|sugiro|aconselho|indico|eh bom|eh so|melhor)"
DISEASE = r"(?:gripe|diabet|cancer|tumor|infecc|infarto|pneumoni|dengue|covid|virose|gravid|anemi|hipertens|gastrite|sinusite|bronquite|apendicite|depress|alergi|enxaqueca)"
_ADVICE = re.compile(
    rf"\b(?:{_TAKE}(?:e|a|am|em)|de|deem|par[ea] de tomar|take|stop taking)\b[^.!?;]{{0,40}}\b{MEDICINE}"
    rf"|\b{_MAY} (?:\w+ )?(?:{_TAKE}[aei]r|dar|parar|trocar|comecar|ficar sem)\b[^.!?;]{{0,40}}\b{MEDICINE}|\b{MEDICINE}\w*[^.!?;]{{0,20}} (?:resolve|cura|ajuda com|deve resolver)"
    rf"|\b(?:tratamento|procedimento|produto|treatment)\b[^.!?]{{0,40}}\b(?:cura|cures?)\b"
    rf"|\b(?:voce (?:tem|deve ter|esta com)|indica|confirma|sugere|trata-se de|parece ser|deve ser|eh) (?:\w+ ){{0,2}}{DISEASE}"
    r"|\b(?:invista|compre acoes|aplique (?:\w+ ){0,3}em)\b|\b(?:bitcoin|criptomoeda|acoes da (?:petrobras|vale))"
    r"|\b(?:na minha opiniao|em minha opiniao|eu votaria|votaria em|sou (?:contra|a favor d)|melhor partido|partido politico|apoi(?:a|amos) o (?:candidat|partid|president|govern)|aborto|in my opinion)"
    r"|\b(?:polvora|nitrato de|detonador|coquetel molotov)"
)
_ANY = re.compile(
    rf"\b(?:{MEDICINE}|{DISEASE}|cura|cures?\b|invista|aplique|acoes|bitcoin|cripto|opini|vot|sou (?:contra|a favor)|partido|apoi|aborto|polvora|nitrato|detonador|coquetel)"
)


def advises(text: str) -> bool:
    """Whether the plain `text` treats, diagnoses, invests or takes sides. To warn against something is to do none of it."""
    return bool(_ANY.search(text)) and any(_ADVICE.search(without_denials(REPORT.sub(" ", s))) for s in sentences(text))
