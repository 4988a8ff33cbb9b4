"""What a short message means. Every sentence is invented; what is in doubt must not pass for thanks or a rating."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issues.reading import confirms, promises, rating, thanks
from mis_dashboard.sandbox.complaints import distinct_texts

SETTLED = """
obrigado!
valeu, resolveu
deu certo, muito obrigada
Obrigada, Juliana!
Muito obrigado pela ajuda
Perfeito, obrigado!
Show, valeu demais
Ok, obrigado
tá bom, obrigada
Resolveu sim, muito obrigada 🙏
🙏🙏
❤️
Consegui acessar a plataforma, obrigado!
consegui entrar
agora foi
Agora sim, obrigada
era isso mesmo
Não, só isso mesmo. Obrigada!
nao preciso de mais nada, valeu
Tudo certo por aqui, obrigado
problema resolvido
Meu problema foi resolvido, muito obrigada pela atenção
Vocês são ótimos!
parabéns pelo atendimento
Atendimento excelente!
boa noite, obrigado
obrigadaaaaa
vlw
entendi, obrigado
Thanks!
thank you so much
It works now, thanks
Great, thanks a lot
Perfect!
all good now
solved, thank you
Deus abençoe
Maravilha!
Funcionou perfeitamente, obrigada
Deu tudo certo, obrigado pelo suporte
nota 10
Já resolvi, obrigada
Voltou ao normal, valeu
Obrigado pela rapidez e atenção
Muito obrigada mesmo, vocês me ajudaram muito!
Gratidão 🙌
Consegui sim, obrigado
recebi certinho, obrigada
Chegou certinho
Top
Tudo resolvido
isso mesmo, obrigado
Agradeço a atenção
Agradeço muito a ajuda de vocês
No, thank you, that's all
awesome, you guys are great
esclareceu minha dúvida
Dúvida esclarecida, obrigada
obg
brigadão
valeu gente
Ótimo, muito obrigado pela explicação
foi resolvido aqui
Perfeito. Era exatamente isso que eu precisava.
certo, fico muito grata
Obrigado, tenha um bom fim de semana
obrigada, boa semana
kkk valeu
Pode encerrar o atendimento, obrigada
resolveu o meu problema, obrigada
Muito obrigado!!
Ok, muito obrigada pela atenção!
Ah sim, agora entendi. Obrigado
Resolvido, obg
Já consegui, obrigada viu
Agora deu certo 👏👏
Funcionou!! Muito obrigado
era isso, valeu
Perfeito
Show de bola, obrigado!
obrigada, bjs
Obrigada pela ajuda, você é um amor
Nossa, que rapidez! Obrigada
Obrigado por resolver
Obrigado por me ajudar
Muito obrigada por ter resolvido meu problema
Tá resolvido
ta certo, obrigado
Beleza, valeu
Valeu pela força
Top demais, vlw
agradecida
Obrigado pelo retorno rápido
Muito grato pelo excelente atendimento
Deu certo aqui, consegui acessar. Obrigado!
Consegui redefinir a senha, obrigada
Boa! Funcionou
Opa, deu certo
Uhul, deu certo!
Amém, obrigada
Sucesso pra vocês
Tudo ok agora
já está funcionando
Está funcionando normalmente agora, obrigado
Thank you for your help!
Thanks for the quick reply
Great, that worked!
Perfect, thank you so much
It's working now
ok thanks bye
Awesome, problem solved
🎉🎉
😍
👏👏👏
Até logo, obrigada
Sem mais dúvidas, obrigado
Era só isso, obrigada
Não, obrigada
Tudo certo
Isso mesmo, obrigada
Legal, obrigado
Muito bom, parabéns pelo trabalho
Excelente, obrigado pela agilidade
recebi, obrigado
Recebi aqui, muito obrigada
Chegou agora, obrigada
Ok recebido, obrigado
Ótimo atendimento
Gostei muito do atendimento
vocês são demais
Vocês salvaram meu dia
Obrigado Carlos
Obrigada, Fernanda, resolveu
Obrigado a todos da equipe
Que Deus abençoe vocês
Tks
Joia, obrigado
""".strip().splitlines()

NOTED = """
👍
ok
👍🏽
tchau
até mais
blz
De nada!
Tenha um ótimo dia
Ok, combinado
😊
Não, era só isso
certinho
""".strip().splitlines()

MORE_THAN_THANKS = """
obrigado, mas continua igual
ok, e o meu pedido?
não resolveu
Não deu certo
obrigado por nada
Obrigado. E o boleto?
valeu, mas ainda não funciona
bom dia
oi
Obrigada, cancela então
ok quero cancelar
Péssimo atendimento, parabéns
Não consegui entrar
nao consigo acessar, obrigado
resolveu nada
resolveu uma parte
Obrigado, preciso da segunda via
desde já agradeço
recebi o produto errado
chegou quebrado
👎
😡
agradeço se puderem me mandar o boleto
Obrigada, aguardo o retorno
só isso que vocês têm pra dizer
funcionou ontem, hoje não
deu certo mas agora parou
sim
não
thanks but it still does not work
it doesn't work
not solved
ok and my order?
what about my refund
Valeu a pena esperar tanto
quero falar com atendente, obrigado
consegui cancelar não
Obrigado, Cancelem meu plano
me ajudem por favor
ótimo, mais uma cobrança
tudo errado
preciso de ajuda
me ajuda
quero ajuda
suporte
atendimento
quero o retorno
boleto
queria informações para minha empresa
muito obrigado, porém o valor está diferente
Já agradeci mas nada
Ninguém me ajudou
sem resposta
2
nota 3
it works for others
consegui, mas a cobrança veio de novo
ok. Qual o horário
ok então me manda
Obrigado pela atenção, quando vocês resolvem
resolveram errado
deu certo só metade
deu certo o mesmo erro
ok, vou testar, obrigado
Obrigado, vou aguardar
Aguardo retorno, obrigado
Obrigada, mas quero meu dinheiro de volta
Ok, e quando chega?
Obrigado, me manda o link
Ainda não, obrigado
Não funcionou
não foi resolvido
Já resolveram o de todo mundo menos o meu
Resolvam logo
Parabéns, vocês conseguiram me perder como cliente
Obrigado pela demora
Valeu por nada
Ok. Meu CPF é 123
Bom dia, obrigado por responder, o meu problema é outro
tá de brincadeira
Perfeito, agora cobraram de novo
Quero resolver isso
consegui entrar mas não aparece a aula
Consegui nada
Obrigado pela atenção, porém continua
Sim
isso
quero
Tudo errado
péssimo
Ótimo, outro erro
boa noite
olá
muito ruim
nada resolvido
Deu errado
Thanks for nothing
Great, it broke again
ok but it is not fixed
no thanks, cancel it
works but slow
Not working
why
valeu, e o estorno
obrigado, qual o horário de vocês
ok pode cancelar
ok, cancelado?
Certo, vou ao Procon
ok, então vou processar
Muito obrigado pela falta de respeito
Deu certo o pagamento mas o acesso não
Recebi cobrança de novo
chegou faltando
ajuda
ninguém resolveu
não ajudou
Não gostei
não entendi
Entendi, mas não concordo
tchau, nunca mais compro
fui enganado
bom, não resolveu
certo, mas e agora
""".strip().splitlines()


@pytest.mark.parametrize("text", SETTLED)
def test_thanks_and_what_says_that_it_is_solved_confirm(text):
    assert thanks(text)
    assert confirms(text)


@pytest.mark.parametrize("text", NOTED)
def test_taking_note_needs_no_answer_and_confirms_nothing(text):
    assert thanks(text)
    assert not confirms(text)


@pytest.mark.parametrize("text", [*MORE_THAN_THANKS, "", " ", "obrigado " * 40])
def test_whoever_says_more_than_thanks_is_listened_to(text):
    assert not thanks(text)
    assert not confirms(text)


def test_no_complaint_is_taken_for_thanks_or_for_a_rating():
    complaints = [text for kind, _priority, text, _language in distinct_texts() if kind != "other"]
    assert len(complaints) > 40
    assert [text for text in complaints if thanks(text) or rating(text)] == []


# One after the other, parted by bars.
RATINGS = {
    1: """
    péssimo | 0 | uma estrela | muito ruim | terrible | Horrível | 1 | nota 1, péssimo | nota zero | zero | 1
    estrela só porque não tem zero | um | uma | lixo | péssima | Uma bosta | 1 - muito ruim | 1 (péssimo) | one
    star | Nota 1. Vou reclamar no Procon | zero, horrível | ⭐ | ruim demais | Péssimo atendimento | 1 👎 | nota
    1!! ninguém resolve | péssimooooo | MUITO RUIM
    """,
    2: """
    ruim | 2, ninguém resolveu nada | Dou nota 2 porque ninguém me ajudou | não gostei | não foi bom | 2, esperei
    3 horas | bad | not good | dois | Nada bom | Não gostei do atendimento | insatisfeita | nota dois | não
    gostei, 2 | nota:2
    """,
    3: """
    regular | mais ou menos | dou 3 | so so | três | 3. | ★★★☆☆ | nem bom nem ruim | 3 (demorou) | rate 3 | nota:
    3 | entre 1 e 5 dou 3 | 3 porque demorou | nota 3. Demoraram demais | 3 e meio | 3 out of 5, slow | ok, 3 |
    Médio | razoável | nota 3, podia ser melhor | 3/5 | razoavel | minha avaliação é 3 | 3,5
    """,
    4: """
    nota 4 | ⭐⭐⭐⭐ | bom | 4/5 | 4,5 | 8/10 | de 1 a 5, dou 4 | nota 4 pelo atendimento | 4 out of 5 | I'd give it
    a 4 | good | 4 | avaliação: 4 | Boa | Gostei muito | Nota 4, demorou um pouco | 4. | 4 pelo atendimento | 4 e
    meio | Quatro estrelas | nota quatro | 4 estrelas, bom atendimento | Um 4 | acho que 4 | bom, nota 4 | bom
    atendimento | legal | 4 ⭐ | foi bom | Eu dou nota 4 | Satisfeito | nota 4. | Quatro | 4 de 5 | I'd rate it 4 |
    4 stars | bom atendimento, nota 4 | Dou quatro estrelas
    """,
    5: """
    5 | cinco | ótimo | excelente | nota 10 | 5 estrelas | ⭐️⭐️⭐️⭐️⭐️ | 5️⃣ | Nota 5! | 10 | 10/10 | cinco
    estrelas | nota máxima | muito bom | 5 obrigado | 5! Obrigado pela ajuda | Oi, 5 | obrigado, nota 5 | Muito
    obrigado! 5 | five | 5 stars | great | very good | Perfeito, obrigado | O atendimento foi ótimo | atendimento
    muito bom | Minha nota é 5 | 5 - excelente | excelente, nota 5 | 5, vocês são ótimos | eu daria 5 | 5 ⭐ | Meu
    voto é 5 | ótimo atendimento, obrigado! | dou 5 estrelas | 5 estrelas pelo atendimento | merece 5 | nota 5 mas
    demorou | 05 | Muito bom, nota 5 | foi excelente | muito satisfeito | ⭐⭐⭐⭐⭐ amei | É 5 | Excelente! 5 | nota 5
    ⭐⭐⭐⭐⭐ | Nota: 5 ✨ | 5 👏👏 | Cinco! | I give it a 5 | boa noite, nota 5 | nota 10, vocês são demais | 5,0 | Nota
    mil | cinco estrelas para vocês | Top demais | Dou 5! | atendimento nota 10 | 10 🙌 | cinco!!! | Foi ótimo |
    Muito bom atendimento | excelente atendimento, parabéns | nota 5 com louvor | 5 👍 | five stars! | awesome |
    Nota 5, atendimento rápido e educado | 5,  muito obrigado pela ajuda | Ótima | Perfeita a ajuda | Amei | NOTA
    5 | nota 5️⃣ | Maravilhoso | 5 estrelinhas | dez
    """,
}
NO_RATING = """
    Pedido 5 não chegou | moro no 4 andar | 4 ou 5 | bom dia | Bom, ainda não funciona | 2 dias sem resposta | 5
    pessoas me atenderam | a nota 4 veio errada | nota fiscal 5 | -1 | 6 | 100 | 👍 | obrigado | ok | tirei nota 5
    na prova | são 5 horas esperando | o plano 2 não abre | comprei 3 e veio 2 | 5 reais | 2x cobrado | 10 dias |
    4 meses | 1 mês esperando | 15 | R$ 5 | quero 2 | às 5 | foi 4 | boa tarde | um absurdo | CEP 04567 | 12/5 |
    5/12 | 2-3 dias | dia 5 | a tela está preta | Excelente! Cobraram 2 vezes | 2 e meia da tarde | 2 com defeito
    | 2 sem resposta | 5 por dia | não dou nota 5 porque demorou | 1. Não consigo entrar 2. Cobrança errada | 5 5
    | 2 ⭐⭐⭐ | ⭐⭐⭐⭐⭐⭐ | Atendimento 5, prazo 2 | péssimo atendimento, nunca mais | É a segunda vez | uma pessoa,
    por favor | um momento | uma dúvida | dois dias esperando | boa pergunta | nota | 🙂 | Quero cancelar | nao, 1
    | 2 ou 3 | not bad | meh | comprei 2 e recebi 1 | meu pedido é 4 | rua 5 | 3 parcelas | Faz 3 dias | preciso
    de 5 minutos | são 4 pessoas | apto 5 | 5h | parcela 5 | Boleto 3 | o item 2 veio quebrado | quero trocar o 2
    | às 4 da tarde | tenho 5 dúvidas | Poderia ser melhor | -5 | nota 11 | 7 | nota 7
"""


def parted(texts: str) -> list[str]:
    return [" ".join(text.split()) for text in texts.split("|")]


@pytest.mark.parametrize(
    ("text", "stars"), [(text, stars) for stars, texts in RATINGS.items() for text in parted(texts)]
)
def test_a_rating_is_read_however_it_is_given(text, stars):
    assert rating(text) == stars


@pytest.mark.parametrize("text", [*parted(NO_RATING), "", "Fui mal atendido. " * 40 + "Nota 5"])
def test_a_number_or_a_word_in_another_sense_is_no_rating(text):
    assert rating(text) is None


@settings(database=None, max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text):
    assert rating(text) in {None, 1, 2, 3, 4, 5}
    assert isinstance(promises(text), bool)
    assert thanks(text) or not confirms(text)


@pytest.mark.parametrize(
    "part",
    ["a equipe ", "obrigado ", "nos ", "vou te ja lhe agora ai ", "1 ", "nao quero ", "e o a ", "consegui ", "x"],
)
def test_long_texts_are_read_in_no_time(part):
    text = (part * 20_000)[:20_000]
    started = time.perf_counter()
    for read in (thanks, confirms, rating, promises):
        read(text)
        read(text[:240])
    assert time.perf_counter() - started < 0.25
