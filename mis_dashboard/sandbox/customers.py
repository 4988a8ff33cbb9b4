"""Who lives in the sandbox: invented people, the four businesses they are customers of, and how they answer back."""

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from .complaints import CLINIC, GYM, SCHOOL, SHOP, Complaint, complaint
from .replies import reply_for

__all__ = [
    "LOCATIONS",
    "Complaint",
    "Location",
    "Person",
    "Reaction",
    "complaint",
    "population",
    "reaction",
    "reply_for",
]


@dataclass(frozen=True)
class Location:
    """One client of the agency, as the CRM knows it."""

    id: str
    name: str
    business: str
    city: str
    state: str


@dataclass(frozen=True)
class Person:
    """An invented customer. `phone` is E.164 in the range 9 0000-xxxx, which nobody has."""

    contact_id: str
    first_name: str
    last_name: str
    phone: str
    email: str
    location: Location
    language: str
    mood: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def digits(self) -> str:
        return self.phone.lstrip("+")


@dataclass(frozen=True)
class Reaction:
    """What a customer writes after our reply, and how many seconds after reading it."""

    kind: str
    text: str
    after_s: float


LOCATIONS = [
    Location("SbxClinicaAurora0001", "Clínica Aurora", CLINIC, "São Paulo", "SP"),
    Location("SbxEscolaHorizonte01", "Escola Horizonte", SCHOOL, "Rio de Janeiro", "RJ"),
    Location("SbxLojaJacaranda0001", "Loja Jacarandá", SHOP, "Belo Horizonte", "MG"),
    Location("SbxAcademiaVertice01", "Academia Vértice", GYM, "Curitiba", "PR"),
]
AREA_CODES = ["11", "11", "11", "21", "21", "31", "41", "51", "61", "71", "81", "85"]
FIRST_NAMES = [
    "Ana", "Beatriz", "Camila", "Daniela", "Eduarda", "Fernanda", "Gabriela", "Helena", "Isabela", "Juliana",
    "Larissa", "Mariana", "Natália", "Patrícia", "Rafaela", "Sônia", "Tatiane", "Vitória", "Débora", "Luciana",
    "André", "Bruno", "Caio", "Diego", "Eduardo", "Felipe", "Gustavo", "Henrique", "Igor", "João", "Leandro",
    "Marcelo", "Nelson", "Otávio", "Paulo", "Rafael", "Sérgio", "Thiago", "Vinícius", "Wagner",
]  # fmt: skip
LAST_NAMES = [
    "Almeida", "Barbosa", "Cardoso", "Dias", "Esteves", "Ferreira", "Gomes", "Holanda", "Jardim", "Lacerda",
    "Machado", "Nogueira", "Oliveira", "Pacheco", "Queiroz", "Ribeiro", "Santana", "Teixeira", "Uchoa", "Vasconcelos",
    "Xavier", "Zanetti", "Moraes", "Bittencourt", "Carvalho",
]  # fmt: skip
ENGLISH_NAMES = ["Emily Carter", "James Walker", "Olivia Brooks", "Liam Foster", "Grace Turner", "Noah Bennett"]
MOODS = ["calm"] * 6 + ["anxious"] * 3 + ["angry"] * 1
ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

# Out of 100 customers of a mood: nothing, thanks, more, person.
REACTIONS = {"calm": (47, 41, 11, 1), "anxious": (36, 38, 22, 4), "angry": (32, 24, 32, 12)}
KINDS = ["nothing", "thanks", "more", "person"]
# Stars given, 1 to 5, out of 100.
STARS = {"calm": (1, 2, 7, 30, 60), "anxious": (3, 5, 14, 38, 40), "angry": (18, 17, 20, 25, 20)}
WILL_RATE = {"calm": 0.36, "anxious": 0.3, "angry": 0.34}
ASKS_FOR_RATING = re.compile(r"\b1\s*(a|à|até|to|-|–)\s*5\b", re.IGNORECASE)

WORDS = {
    "pt-BR": {
        "thanks": ["Obrigado, resolveu!", "Deu certo agora, muito obrigada.", "Resolveu sim, valeu!",
                   "Perfeito, era isso mesmo. Obrigada!", "Agora funcionou, obrigado pela atenção."],
        "more": ["Ainda não deu certo, continua igual.", "Fiz isso e o problema continua.",
                 "Tentei de novo agora e deu o mesmo erro.", "E quanto ao resto que eu perguntei?",
                 "Já esperei bastante, alguma novidade?"],
        "person": ["Quero falar com uma pessoa, por favor.", "Prefiro falar com um atendente de verdade.",
                   "Me passa para o gerente, por favor."],
    },
    "en": {
        "thanks": ["Thanks, that solved it!", "It works now, thank you very much."],
        "more": ["It still does not work, same as before.", "I tried that and the problem is still there."],
        "person": ["I would like to speak to a real person, please."],
    },
}  # fmt: skip


@lru_cache(maxsize=8)
def population(seed: int, size: int = 400) -> list[Person]:
    """`size` invented customers, each with a phone of their own; the same for the same `seed`."""
    rng = random.Random(f"people {seed}")
    numbers = rng.sample(range(10_000), size)
    return [_person(rng, number, LOCATIONS[index % len(LOCATIONS)]) for index, number in enumerate(numbers)]


def reaction(rng: random.Random, person: Person, our_text: str, turn: int) -> Reaction | None:
    """How `person` answers our `turn`-th message (from 1), or None when they leave it there.

    Whoever is asked for a rating gives one or says nothing. Nobody goes on for ever.
    """
    after_s = rng.lognormvariate(2.8, 0.7)
    if ASKS_FOR_RATING.search(our_text):
        if rng.random() > WILL_RATE[person.mood]:
            return None
        stars = rng.choices([1, 2, 3, 4, 5], STARS[person.mood])[0]
        return Reaction("rating", rng.choice([f"{stars}", f"{stars}", f"Nota {stars}"]), after_s)
    kind = rng.choices(KINDS, REACTIONS[person.mood])[0]
    if kind == "nothing" or turn > 3:
        return None
    return Reaction(kind, rng.choice(WORDS[person.language][kind]), after_s)


def _person(rng: random.Random, number: int, location: Location) -> Person:
    foreign = rng.random() < 0.05
    first, last = rng.choice(ENGLISH_NAMES).split() if foreign else (rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES))
    return Person(
        contact_id="Sbx" + "".join(rng.choices(ID_LETTERS, k=17)),
        first_name=first,
        last_name=last,
        phone=f"+55{rng.choice(AREA_CODES)}90000{number:04d}",
        email=f"cliente{number:04d}@example.com",
        location=location,
        language="en" if foreign else "pt-BR",
        mood=rng.choice(MOODS),
    )
