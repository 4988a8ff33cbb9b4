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


RATINGS = {
    1: [
        "péssimo",
        "0",
        "uma estrela",
        "muito ruim",
        "terrible",
        "Horrível",
        "1",
        "nota 1, péssimo",
        "nota zero",
        "zero",
        "1 estrela só porque não tem zero",
        "um",
        "uma",
        "lixo",
        "péssima",
        "Uma bosta",
        "1 - muito ruim",
        "1 (péssimo)",
        "one star",
        "Nota 1. Vou reclamar no Procon",
        "zero, horrível",
    ],
    2: [
        "ruim",
        "2, ninguém resolveu nada",
        "Dou nota 2 porque ninguém me ajudou",
        "não gostei",
        "não foi bom",
        "2, esperei 3 horas",
        "bad",
        "not good",
        "dois",
        "Nada bom",
        "Não gostei do atendimento",
        "insatisfeita",
    ],
    3: [
        "regular",
        "mais ou menos",
        "dou 3",
        "so so",
        "três",
        "3.",
        "★★★☆☆",
        "nem bom nem ruim",
        "3 (demorou)",
        "rate 3",
        "nota: 3",
        "entre 1 e 5 dou 3",
        "3 porque demorou",
        "nota 3. Demoraram demais",
        "3 e meio",
        "3 out of 5, slow",
        "ok, 3",
        "Médio",
        "razoável",
    ],
    4: [
        "nota 4",
        "⭐⭐⭐⭐",
        "bom",
        "4/5",
        "4,5",
        "8/10",
        "de 1 a 5, dou 4",
        "nota 4 pelo atendimento",
        "4 out of 5",
        "I'd give it a 4",
        "good",
        "  4  ",
        "avaliação: 4",
        "Boa",
        "Gostei muito",
        "Nota 4, demorou um pouco",
        "4.",
        "4 pelo atendimento",
        "4 e meio",
        "Quatro estrelas",
        "nota quatro",
        "4 estrelas, bom atendimento",
        "Um 4",
        "acho que 4",
        "bom, nota 4",
        "bom atendimento",
        "legal",
    ],
    5: [
        "5",
        "cinco",
        "ótimo",
        "excelente",
        "nota 10",
        "5 estrelas",
        "⭐️⭐️⭐️⭐️⭐️",
        "5️⃣",
        "Nota 5!",
        "10",
        "10/10",
        "cinco estrelas",
        "nota máxima",
        "muito bom",
        "5 obrigado",
        "5! Obrigado pela ajuda",
        "Oi, 5",
        "obrigado, nota 5",
        "Muito obrigado! 5",
        "five",
        "5 stars",
        "great",
        "very good",
        "Perfeito, obrigado",
        "O atendimento foi ótimo",
        "atendimento muito bom",
        "Minha nota é 5",
        "5 - excelente",
        "excelente, nota 5",
        "5, vocês são ótimos",
        "eu daria 5",
        "5 ⭐",
        "Meu voto é 5",
        "ótimo atendimento, obrigado!",
        "dou 5 estrelas",
        "5 estrelas pelo atendimento",
        "merece 5",
        "nota 5 mas demorou",
        "05",
        "Muito bom, nota 5",
        "foi excelente",
        "muito satisfeito",
        "⭐⭐⭐⭐⭐ amei",
        "É 5",
        "Excelente! 5",
        "nota 5 ⭐⭐⭐⭐⭐",
        "Nota: 5 ✨",
        "5 👏👏",
        "Cinco!",
        "I give it a 5",
        "boa noite, nota 5",
        "nota 10, vocês são demais",
        "5,0",
        "Nota mil",
        "cinco estrelas para vocês",
        "Top demais",
    ],
}
NO_RATING = [
    "Pedido 5 não chegou",
    "moro no 4 andar",
    "4 ou 5",
    "bom dia",
    "Bom, ainda não funciona",
    "2 dias sem resposta",
    "5 pessoas me atenderam",
    "a nota 4 veio errada",
    "nota fiscal 5",
    "-1",
    "6",
    "100",
    "👍",
    "obrigado",
    "ok",
    "tirei nota 5 na prova",
    "são 5 horas esperando",
    "o plano 2 não abre",
    "comprei 3 e veio 2",
    "5 reais",
    "2x cobrado",
    "10 dias",
    "4 meses",
    "1 mês esperando",
    "15",
    "R$ 5",
    "quero 2",
    "às 5",
    "foi 4",
    "boa tarde",
    "um absurdo",
    "CEP 04567",
    "12/5",
    "5/12",
    "2-3 dias",
    "dia 5",
    "a tela está preta",
    "Excelente! Cobraram 2 vezes",
    "2 e meia da tarde",
    "2 com defeito",
    "2 sem resposta",
    "5 por dia",
    "não dou nota 5 porque demorou",
    "1. Não consigo entrar 2. Cobrança errada",
    "5 5",
    "2 ⭐⭐⭐",
    "⭐⭐⭐⭐⭐⭐",
    "Atendimento 5, prazo 2",
    "péssimo atendimento, nunca mais",
    "É a segunda vez",
    "uma pessoa, por favor",
    "um momento",
    "uma dúvida",
    "dois dias esperando",
    "boa pergunta",
    "",
    "nota",
    "🙂",
    "Quero cancelar",
]


@pytest.mark.parametrize(("text", "stars"), [(text, stars) for stars, texts in RATINGS.items() for text in texts])
def test_a_rating_is_read_however_it_is_given(text, stars):
    assert rating(text) == stars


@pytest.mark.parametrize("text", [*NO_RATING, "Fui mal atendido. " * 40 + "Nota 5"])
def test_a_number_or_a_word_in_another_sense_is_no_rating(text):
    assert rating(text) is None


PROMISES = """
Retorno em até 30 minutos.
Vamos verificar e avisamos.
A equipe vai conferir.
Assim que tiver novidades, te aviso.
Assim que tivermos novidades, avisamos por aqui.
Vou verificar com o financeiro.
Estamos verificando o seu caso.
Entraremos em contato em breve.
Nossa equipe entrará em contato.
Um atendente vai continuar a conversa.
Seu caso foi encaminhado ao setor responsável.
Já encaminhei ao financeiro.
Você receberá um retorno até amanhã.
Daremos um retorno ainda hoje.
Te respondo por aqui.
Aguarde um momento, por favor.
Vou pedir à equipe que olhe de novo.
A gente confere e te retorna.
Deixa eu confirmar com a unidade.
Pode deixar que eu aviso.
Vou passar a conversa para uma pessoa da equipe.
Alguém da equipe vai assumir a conversa com você por aqui.
Enviaremos o novo link.
Vou levar o que você contou à coordenação.
O financeiro está analisando.
Em breve alguém fala com você.
We'll check and get back to you.
I will look into it.
The team will look into it.
Let me confirm that with the team.
I'm checking that with the front desk.
Your case has been forwarded.
Someone will contact you shortly.
As soon as we have news, we will let you know.
You will hear from us within 24 hours.
Vou verificar, ok?
Me envie o CPF e vou verificar o seu cadastro.
Olá, Ana! Recebemos sua mensagem. Nossa equipe vai responder em até 30 minutos.
Estou conferindo aqui.
Solicitei a segunda via ao financeiro.
Abri um chamado para o time técnico.
Retornaremos o mais breve possível.
Recebemos sua mensagem e responderemos em breve.
O responsável vai te ligar.
Voltamos a falar assim que o setor responder.
Um especialista irá avaliar.
Só um instante!
Logo mais te aviso.
We are looking into this.
I'll ask the team and let you know.
Prometo dar uma posição.
Sua solicitação está em análise.
Sua reclamação será analisada.
Vamos providenciar a troca.
A recepção confirma por aqui.
Te mando o link já já.
Acompanharei o caso pessoalmente.
Ficarei de olho e te aviso.
Quando tivermos uma resposta do setor, te chamamos.
Sua mensagem foi recebida. Uma pessoa da nossa equipe vai ver e continua a conversa por aqui.
Claro! Uma pessoa da nossa equipe vai continuar a conversa por aqui, já com tudo o que você contou.
""".strip().splitlines()

NO_PROMISE = """
Tente redefinir a senha pelo link Esqueci a senha.
Pode me mandar uma foto da tela?
Confirme, por favor, o e-mail do cadastro.
O boleto pode ser emitido na área do aluno.
Estou à disposição.
Estamos por aqui se precisar.
Se o erro continuar, me avise e verificamos de novo.
Que bom que deu certo!
Me avise se precisar de mais alguma coisa.
Qual é o número do pedido?
Assim que você enviar a foto, verificamos.
Assim que tiver o número do pedido, envie por aqui.
Você pode cancelar pelo aplicativo, em Configurações.
Sinto muito pelo transtorno.
Abra o aplicativo de novo e veja se aparece a mensagem.
Funcionamos de segunda a sexta.
O prazo de entrega está no rastreio.
Limpe o cache do navegador e tente novamente.
Aguarde dez minutos e tente novamente.
Vamos recuperar o seu acesso: clique em Esqueci a senha.
Vou te explicar como funciona.
Ficaremos felizes em ajudar.
Teremos prazer em atender.
How can I help?
Please try again in an anonymous window.
You can reset your password on the login page.
If it still fails, we will check again.
Could you send a photo?
Glad to hear it!
We will be happy to help.
Just write if you need anything.
Para remarcar, escolha um novo horário no site.
Você receberá o código por e-mail; digite-o na tela de acesso.
Se preferir, me conte o motivo.
O acesso é liberado na hora do pagamento.
Obrigado pelo contato! Como posso ajudar?
Posso verificar isso para você?
Quer que eu chame uma pessoa?
Confira a caixa de spam.
O link está na área do cliente.
Quando você fizer o pagamento, o acesso é liberado.
Feche o aplicativo, aguarde um instante e abra de novo.
Me conte em que passo aparece o problema.
Confira se o banco não bloqueou a compra.
Obrigado pela nota!
Para trocar, leve o produto à loja com a nota fiscal.
Você precisa de mais alguma coisa?
O técnico recomenda reiniciar o aparelho.
Precisando, é só chamar.
Qual o retorno que aparece na tela?
""".strip().splitlines()


@pytest.mark.parametrize("text", PROMISES)
def test_what_is_still_to_come_from_us_is_a_promise(text):
    assert promises(text)


@pytest.mark.parametrize("text", NO_PROMISE)
def test_an_instruction_a_question_or_an_offer_is_no_promise(text):
    assert not promises(text)


def test_a_promise_is_found_among_other_sentences():
    assert promises("Oi, Ana! Sinto muito. Pode me mandar uma foto? Enquanto isso, vou verificar com a equipe.")
    assert not promises("Oi, Ana! Sinto muito. Pode me mandar uma foto? Enquanto isso, tente em outro navegador.")


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
