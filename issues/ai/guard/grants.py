"""Whether a reply grants something or says that it is done, whatever it is: "acesso liberado!", "prorrogamos", "está pago"."""

import re

from .promises import REPORT, without_denials
from .words import plain, sentences

_SURELY = "aprovad|autorizad|concedid|deferid|homologad|approved|authori[sz]ed|granted"
_DONE = (
    rf"{_SURELY}|liberad|ativad|creditad|quitad|zerad|estornad|reembolsad|devolvid|ressarcid|perdoad|abonad|isent[oa]s?\b|pag[oa]s?\b|"
    "garantid|reservad|prorrogad|estendid|aplicad|confirmad|(?:re)?agendad|(?:re)?marcad|cancelad|concluid|despachad|"
    "guaranteed|refunded|credited|waived|cancell?ed|confirmed|booked|scheduled"
)
_AUXILIARY = (
    "foi|foram|esta|estah|estao|fica|ficam|ficou|ficarah?|serah?|serao|ja|tudo|is|are|was|were|been|has|have|now"
)
_WE_DID = "aprov|autoriz|liber|ativ|credit|quit|zer|estorn|reembols|perdo|prorrog|reserv|cancel"
_VOW = "concedemos|concedo|aprovo|autorizo|prometo|prometemos|garanto|garantimos|juro|promise|guarantee|(?:we|i) (?:approve|authori[sz]e|grant)"
_GRANTS = re.compile(
    rf"\b(?:{_SURELY})\w*"
    rf"|(?:^|\b(?:{_AUXILIARY}) )(?:\w+ ){{0,2}}?(?:{_DONE})\w*"
    rf"|^(?:[\w-]+ ){{1,5}}(?:{_DONE})\w*\W*$"
    rf"|\b(?:{_WE_DID})(?:amos|ei)\b|\b(?:{_VOW})\b|\b(?:ja )?(?:saiu|saira|sai) para (?:a )?entrega|^(?:aceito|vendid[oa]|prometid[oa]|sold|deal)\b"
)
# A sentence without one of these need not be read.
_MAY_GRANT = re.compile(rf"\b(?:{_DONE}|{_WE_DID}|{_VOW}|saiu|saira|sai\b|aceito|vendid|prometid|sold|deal)")
# "Assim que for aprovado" grants nothing yet, and neither does "vou ver se foi aprovado".
_CONDITION = re.compile(
    r"\b(?:ser|seja|sejam|for|forem|fosse|sido|caso|se|quando|esteja|estiver|tiver|tenha|assim que|apos|depois de|por ?que|"
    r"como|onde|quem|qual|o que|be|if|once|when|after|why|whether)\b[^.;!?,]*"
)


def grants(text: str) -> set[str]:
    """The words by which a sentence of the plain `text` grants something or says that it is done; questions grant nothing."""
    if not _MAY_GRANT.search(text):
        return set()
    said = (sentence for sentence in sentences(text) if _MAY_GRANT.search(sentence) and sentence.rstrip()[-1] != "?")
    return {word for sentence in said for word in _words_of(sentence)}


def _words_of(sentence: str) -> list[str]:
    said = _CONDITION.sub(" ", without_denials(REPORT.sub(" ", sentence))).strip(" ,.!-:")
    return [found[0].split()[-1] for found in _GRANTS.finditer(said)]


def vouched(word: str, ours: str) -> bool:
    """Whether our own words `ours` say the same: "aprovado" vouches for "aprovada"."""
    return word[:7] in plain(ours)
