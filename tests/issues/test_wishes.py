"""What customers ask for, read by rule: each sentence is one that somebody might send."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.models import ReplyTemplate
from issues.wishes import LONGEST, Wish, wish

PERSON = """
me chama um atendente
quero falar com um funcionario
eu quero um atendente de verdade
não tem nenhum humano pra me atender?
tem algum humano aí?
Quero ser atendida por um humano
Tem gente de verdade aí?
quero conversar com gente
eu quero falar com alguém de carne e osso
liga para mim
me ligue no 11 98888-7777
me ligue assim que possível
você pode pedir para alguém me ligar?
vocês conseguem me ligar?
quero falar com o dono
passa pra um atendente
passa pro gerente
chame seu supervisor
eu quero falar com um ser humano e não com uma máquina
prefiro falar com pessoa
atendente!!!
quero um atendente
quero atendente
Quero suporte humano
quero falar com a gerente
quero falar com vc por telefone
nao quero bot
Robô não! Pessoa por favor
robô não resolve nada, quero alguém
Não quero ser atendida por robô
sai robô
sem robô por favor
para de responder automático, quero pessoa
I'd like to speak to an agent
talk to human
agent
representative
let me talk to someone
get me a manager
is there a real person there?
connect me to a human
Queria que uma pessoa me atendesse
preciso de atendimento humano urgente
preciso de um humano
Preciso falar urgente com um responsável
gostaria que uma pessoa entrasse em contato
gostaria de conversar com um consultor
quero que um humano me responda
me deixa falar com alguém
me atende uma pessoa por favor
você é robô? quero humano
Falar com gerente
Me passa o gerente
Chama alguém aí
quero falar com um superior
quero falar com seu superior
me coloca em contato com uma pessoa
quero falar com uma pessoa
Quero falar com um atendente por favor
QUERO FALAR COM UM HUMANO
quero falar com o gerente!
preciso falar com alguém
posso falar com alguém do financeiro?
gostaria de falar com um atendente humano
não quero falar com robô
nao quero falar com robo, quero uma pessoa
Não quero falar com um robô quero um humano
cansei de falar com robô
chega de resposta automática
me liga
me liga por favor
Podem me ligar?
pode me ligar agora? é urgente
alguém pode me ligar?
quero que me liguem
gostaria que alguém me ligasse hoje
liga pra mim pfv
prefiro uma ligação
quero fala com atendente
qro falar c/ atendente
kero falar com um atendete
quero falar com um antendente
quero falar com um atendnete
vc pode me passar para um atendente?
me transfere para um humano
me transfira pra uma pessoa
tem algum atendente aí?
tem alguma pessoa aí?
cadê o atendente
falar com atendente
Atendente
Boa tarde, atendente
atendimento humano
quero atendimento humano
quero ser atendido por uma pessoa
não consigo falar com um atendente
não consigo falar com ninguém de verdade, quero uma pessoa real
como faço para falar com uma pessoa?
tem como falar com um ser humano?
não tem como falar com uma pessoa?
da pra falar com alguem de verdade??
chama o gerente
quero falar com o responsável
quero falar com a dona da loja
exijo falar com o supervisor
quero a ouvidoria, quero falar com a ouvidoria
prefiro falar com gente de verdade
Você é um robô? quero falar com uma pessooooa
Já mandei 3 mensagens. Quero falar com uma pessoa. Isso é um absurdo.
meu pedido não chegou e quero falar com alguém agora
não aguento mais falar com robô
odeio falar com máquina
Oi, tudo bem? Preciso conversar com uma atendente sobre minha matrícula
quero falar com uma pesoa
queria falar com um umano
Speak to a human
I want to talk to a real person
can I speak with a manager please
human please
please call me
call me back
I need a human
can someone call me?
I don't want to talk to a bot
Quero falar, por favor, com uma pessoa
não precisa de desculpas, quero falar com o gerente
"""

OPT_OUT = """
não quero mais receber msgs
pare de me enviar mensagens
para de mandar mensagem
parem com as mensagens
parem de mandar msg
descadastre-me
SAIR.
Pare de enviar
me remova
me remova da lista
me exclui da lista
Exclua meu número
tira meu numero
tirem meu número da lista
não me mandem mensagem
não quero receber nada de vocês
não quero receber suas mensagens
não quero mais mensagens
nao quero mais mensagem de vcs
cancelar o recebimento de mensagens
cancelar envio
STOP please
opt-out
opt out
don't message me again
remove my number
no more messages please
chega de mensagem
Não autorizo o envio de mensagens
não autorizo mensagens
Não desejo receber mensagens
Retirem meu número do cadastro
pare de me incomodar
parem de me perturbar
para de me mandar isso
Stop sending me messages
não envie mais mensagens para este número
não enviem mais mensagens
quero cancelar o recebimento de mensagens
parar
PARAR
Pare
pare!
sair
SAIR
Sair por favor
stop
STOP
Stop.
unsubscribe
descadastrar
Descadastrar, por favor
quero me descadastrar
me descadastra
como faço para me descadastrar?
remover
remover meu número
remova meu número
Remova meu número da lista de vocês
me tira dessa lista
me tire da lista por favor
quero sair da lista
quero sair da lista de transmissão
pare de me mandar mensagem
Parem de me mandar mensagens!!
para de me mandar msg
pare de mandar mensagem pra mim
pare de ficar me mandando mensagem toda hora
chega de mensagens
não quero mais receber mensagens
Não quero receber mais mensagens de vocês
nao quero mais receber msg
não quero receber mensagem automática
não me mande mais mensagem
Não me mandem mais mensagens, por favor
não mande mais mensagens
não me envie mais nada
Já pedi três vezes. Parem de me mandar mensagem.
quero parar de receber mensagens
cancelar inscrição
cancelar mensagens
não me perturbe
me deixem em paz
stop messaging me
please stop texting me
do not contact me again
remove me from your list
please take my number off this list
I want to unsubscribe
oi, parar
"""

LEGAL = """
isso vai virar processo
vou abrir um processo judicial contra vocês
estou entrando com uma ação
vou acionar judicialmente
vou colocar na justiça
vejo vocês no tribunal
nos vemos na justiça
a gente se vê na justiça
vou levar isso ao procon
prucon
vou no juizado de pequenas causas
meu marido é advogado e vai processar vocês
já estou com advogado
estou com meu advogado aqui
vou denunciar vocês ao procon e ao reclame aqui
processo neles
vou meter o processo
vou processar essa empresa
vou processar essa clinica por erro
vou denunciar no ministério público
vou registrar um BO
isso é crime, vou na polícia
exijo indenização
isso é caso de justiça
se não resolver hoje vou procurar meus direitos
vcs vao ser processados
vocês serão notificados extrajudicialmente
vou acionar meu jurídico
meu jurídico vai entrar em contato
vazaram meus dados, isso é LGPD
see you in court
we will sue
contacting my lawyer
vou tomar providências legais
aguardem a intimação
vou postar no reclame aqui
vou no Procon
Vou acionar o PROCON amanhã
já abri reclamação no procon
vou processar vocês
Vou processar a empresa
vou te processar
vou processa-los, falem com meu advogado
vou entrar com um processo
vou entrar com processo contra vocês
vou abrir um processo
vou meter um processo em vocês
vocês vão tomar um processo
vou botar vocês na justiça
vou entrar na justiça
vou procurar a justiça
vou atrás dos meus direitos
vou buscar meus direitos
meu advogado vai entrar em contato
já falei com minha advogada
já passei tudo para o meu adivogado
vou acionar um advogado
vou falar com um advogado
vou procurar um advogado se não resolverem
quero danos morais
isso é dano moral
vou pedir indenização por danos morais
ação judicial
entrarei com ação judicial
tomarei as medidas legais
vou tomar as medidas cabíveis
vou tomar as providências judiciais
vou ao juizado especial
pequenas causas resolve isso
isso fere a LGPD
vou denunciar na ANPD
exijo a exclusão dos meus dados conforme a LGPD
vou registrar um boletim de ocorrência
vou fazer um B.O.
já fiz um bo
vou chamar a polícia
estou indo na delegacia
vou reclamar no Reclame Aqui
já abri uma reclamação no reclameaqui
vou no Ministério Público
mandarei uma notificação extrajudicial
vou reclamar no consumidor.gov.br
quero falar com o gerente ou vou no procon
I will sue you
I'm going to sue your company
my lawyer will contact you
I'll take you to court
I will take legal action
you will hear from my attorney
"""

SELF_HARM = """
quero me suicidar
to pensando em me matar
não tenho mais vontade de viver
vou dar um fim na minha vida
vou dar cabo da minha vida
quero acabar com tudo
quero sumir desse mundo
estou querendo morrer
ando pensando em morrer
só penso em morrer
queria estar morta
não vale a pena viver
minha vida não tem mais sentido
vou me enforcar
vou tomar todos os remédios de uma vez
não quero mais existir
não aguento mais existir
penso em tirar minha vida
às vezes penso em acabar com minha vida
quero tirar a minha vida
melhor eu morrer
preferia morrer
vontade de sumir e nunca mais voltar
I wanna die
thinking about suicide
i want to end it all
não vejo mais saída, vou me matar
Tô com pensamentos suicidas
não quero continuar vivendo
não quero viver
quero morrer
Eu quero morrer
quero morre
qero morrer
só queria morrer
tenho vontade de morrer
não aguento mais viver
Não aguento mais essa vida
não quero mais viver
nao vejo mais sentido em viver
perdi a vontade de viver
vou me matar
quero me matar
penso em me matar
tô pensando em me matar
já tentei me matar
vou tirar minha vida
quero tirar a própria vida
vou acabar com a minha vida
estou pensando em suicídio
vou me suicidar
penso em suicidio todo dia
tenho pensamentos suicidas
seria melhor se eu morresse
queria não ter nascido
queria dormir e não acordar mais
vou me jogar da ponte
vontade de me cortar
minha filha disse que quer se matar
prefiro morrer
vou processar vocês e depois me mato, quero morrer
se não resolverem eu vou me matar
I want to die
I want to kill myself
I am going to end my life
I feel suicidal
I don't want to live anymore
"""

ORDINARY = """
vocês podem me mandar o telefone do gerente?
meu gerente do banco disse que pagou
quero falar com a recepção
quero falar com o Dr. Paulo sobre o exame
posso levar uma pessoa comigo?
quero uma pessoa para dividir o quarto
queria saber se tem alguém responsável pelo estacionamento
vocês têm nutricionista?
quero falar com meu professor
preciso de um representante comercial na minha região
tem vaga para vendedor?
quero contratar um chatbot para minha empresa
quanto custa o robô de atendimento que vocês vendem?
quero um robô de cozinha
quero comprar um robô
vocês trabalham com automação de mensagens?
como paro o envio automático no meu painel?
como faço para remover meu número do perfil e colocar outro?
quero trocar meu número
excluir meu cadastro
quero sair da academia
quero sair da turma da noite
não quero mais o produto
para de cobrar
parar a aula às 10h?
não recebi a notificação
não chegou notificação nenhuma
boletim escolar do meu filho
boletim de notas
curso de direito tem desconto?
quero fazer faculdade de direito
o processo está demorando muito
qual o status do meu processo?
processo de reembolso está parado
preciso abrir um chamado
vou entrar com o pedido de reembolso
vou abrir uma ação no trello
isso é legal?
que legal!
muito legal o atendimento
o tribunal de contas fica perto?
meu plano cobre fisioterapia?
morri de vergonha
tô morta de cansada
estou morrendo de dor
quase me matei na escada de vocês
vou morrer de saudade
to morrendo de fome, cadê meu pedido?
o cachorro vai morrer se não chegar a ração
me mata de rir
não mata ninguém esperar
vocês mataram a pau
acabou minha vida social com tanta aula
a bateria morre rápido
Quero tirar minha CNH, a vida toda quis
Vida útil do produto?
quero cortar o cabelo
me cortei com a embalagem de vocês
me machuquei na aula de ontem
vi um advogado aí ontem?
a justiça do trabalho exige esse documento?
my call dropped
is this a bot?
você é um robô?
estou falando com um robô?
isso é uma mensagem automática?
vocês só respondem mensagem automática?
não entendi sua mensagem
para a Maria
pode parar
para com isso kkk
quero pausar
quero parar o curso
quero parar minha assinatura
sair do grupo
como saio do grupo?
como eu saio da conta?
sair da conta
cadê meu pedido?
pare de enrolar e resolva
vocês pararam de entregar?
parou de funcionar
o responsável pela entrega não apareceu
sou responsável pelo aluno João
o nome do responsável está errado no contrato
preciso da assinatura do responsável?
tem que ter um responsável para o menor?
o representante passou aqui ontem
me transfere o valor por pix
transfere para a conta da minha mãe
passa para sexta
passa o endereço
pode passar para outra pessoa a matrícula?
quero passar meu ingresso para outra pessoa
posso transferir meu plano para outra pessoa?
quero transferir a titularidade para uma pessoa
quero dar de presente para uma pessoa
tem desconto para mais de uma pessoa?
atendimento humano de vocês é nota 10
liga a luz do estúdio
o aparelho não liga
me liga o ar condicionado por favor
meu carro não liga
ele não liga para mim
não ligo para o preço
o motoboy me ligou?
o entregador pode me ligar quando chegar?
ligar para o número de vocês dá ocupado
ligo e ninguém atende
Não consigo entrar na plataforma
meu pedido não chegou
quero parar de pagar o plano
não consigo sair da página
quero cancelar minha assinatura
cancelar
como faço para cancelar?
quero parar de fumar, vocês têm tratamento?
o sistema vai parar quando?
quando vai parar de chover para a aula externa?
o app não para de travar
preciso sair mais cedo hoje, pode remarcar?
que horas vocês saem?
vou sair de férias, posso trancar a matrícula?
quero sair do plano anual e ir para o mensal
para
para amanhã às 15h
Para mim está ótimo
podem parar o envio da revista?
parem a cobrança, já paguei
parem de me mandar mensagem de cobrança, já paguei
não quero mais receber o boleto pelo correio
não recebi mensagem de confirmação
não recebo mensagens de vocês desde ontem, aconteceu algo?
quero receber mensagens de promoção
remover um item do carrinho
remover meu dependente do plano
quero remover uma tatuagem
tira a azeitona por favor
me tira uma dúvida?
me tira da lista de espera das 10h e me coloca às 14h
não me mandem mais o produto errado
stop sending me the wrong size
how do I stop my treadmill?
can you stop the delivery?
o processo de compra é complicado
está em processamento desde segunda
qual é o processo de matrícula?
como funciona o processo seletivo?
quero abrir um processo de troca
quero entrar com um processo de devolução
o pagamento não processa
meu cartão não foi processado
vão processar meu pedido hoje?
vocês vão processar o reembolso quando?
não consegue processar a compra
sou advogado, esse curso serve para mim?
Sou advogada e quero contratar o plano
vocês têm plano para advogados?
I am a lawyer, do you have a plan for me?
isso não é justo
quanto custa a ação promocional?
vi vocês no Reclame Aqui e a nota é ótima
qual a justificativa do atraso?
tenho direito a desconto?
meu direito de troca vale por 7 dias?
quero fazer uma denúncia de perfil falso
morrendo de rir kkkk
quase morri de rir com o vídeo
quero morrer de rir kkk
quero morrer de vergonha
essa fila me mata
esse calor está me matando
vocês querem me matar de raiva
minha mãe vai me matar se não chegar hoje
vou me matar de estudar para essa prova
vou me matar de trabalhar para pagar isso
meu celular morreu
a planta que comprei morreu
meu cachorro morreu ontem e preciso remarcar
prefiro morrer a pagar essa multa
não quero morrer na fila
não consigo viver sem esse app
não aguento mais viver sem internet
não aguento mais esperar
não aguento mais essa demora
tá matando minha paciência
quero matar a saudade do bolo de vocês
dor de matar no joelho depois do treino
I'm dying of laughter
I don't want to live in that building
esquadrão suicida chega quando na loja?
minha vida financeira vai acabar com essa taxa
a atendente foi muito simpática
o atendente de ontem foi grosso comigo
falei com o atendente ontem e ele disse que resolvia
a pessoa que me atendeu não sabia de nada
consegui falar com o atendente, obrigado
não precisa de atendente
não precisa me ligar
não quero falar com atendente, só quero saber o preço
não preciso falar com ninguém
nem precisa falar com o gerente
não me liguem depois das 18h
me ligaram ontem
vocês me ligaram?
alguém me ligou desse número
minha amiga me liga todo dia falando de vocês
posso ligar para vocês?
qual o telefone de vocês?
vocês atendem por telefone?
o plano é por pessoa?
quantas pessoas cabem na mesa?
reserva para duas pessoas
é para uma pessoa só
quero uma mesa para uma pessoa
pessoa física ou jurídica?
preciso de uma pessoa para instalar o ar-condicionado
qual o nome do gerente?
o gerente me deu esse desconto
sou gerente de uma loja e quero comprar no atacado
vaga de atendente ainda está aberta?
vou falar com meu marido e te aviso
vou falar com minha mãe
quero falar sobre meu pedido
preciso conversar sobre a mensalidade
não sou um robô não aparece na tela
não quero mais o robô aspirador, posso trocar?
vocês têm aspirador robô?
curso de recursos humanos tem certificado?
o parto humanizado tem cobertura?
Ana, pode confirmar meu horário?
you can call me Ana
what is your phone number?
do you call me when it is ready?
they call me every day about another company
is the person who did my hair available?
vocês ficaram de me retornar e nada
alguém pode me ajudar?
tem alguém aí?
oi
bom dia
obrigado
ok
5
péssimo atendimento
nota 1
o pessoal do suporte é ótimo
quero falar com o pessoal sobre a festa
recebi sua mensagem, obrigado
vi sua mensagem sobre a promoção
pode me mandar mensagem amanhã
não chegou mensagem com o código
qual o horário de funcionamento?
tem estacionamento?
meu filho não consegue acessar a aula
quero trocar o tamanho da camiseta
"""


def lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line]


HITS = [
    (sentence, meant)
    for table, meant in (
        (PERSON, Wish.PERSON), (OPT_OUT, Wish.OPT_OUT), (LEGAL, Wish.LEGAL), (SELF_HARM, Wish.SELF_HARM),
    )
    for sentence in lines(table)
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "meant"), HITS)
def test_a_wish_is_understood(sentence, meant):
    assert wish(sentence) == meant


@pytest.mark.parametrize("sentence", lines(ORDINARY))
def test_an_ordinary_message_is_no_wish(sentence):
    assert wish(sentence) is None


def test_a_wish_is_understood_in_capitals_without_accents_and_between_greetings():
    for sentence, meant in HITS:
        assert wish(sentence.upper()) == meant, sentence
        assert wish(f"  {sentence} 😡") == meant, sentence


def test_hidden_characters_hide_nothing():
    assert wish("quero fa\u200blar com uma pes\u00adsoa") == Wish.PERSON


@pytest.mark.parametrize(
    ("sentence", "gravest"),
    [
        ("vou no procon e quero falar com o gerente", Wish.LEGAL),
        ("quero falar com uma pessoa. quero morrer.", Wish.SELF_HARM),
        ("vou processar vocês, quero morrer", Wish.SELF_HARM),
        ("Quero falar com um atendente. Parem de me mandar mensagem", Wish.OPT_OUT),
    ],
)
def test_of_several_wishes_the_gravest_counts(sentence, gravest):
    assert wish(sentence) == gravest


def test_every_wish_is_an_occasion_that_has_its_own_words():
    assert {each.name: each.value for each in Wish}.items() <= {
        each.name: each.value for each in ReplyTemplate.Occasion
    }.items()


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_be_read(text):
    assert wish(text) in (None, *Wish)


@pytest.mark.parametrize("filler", ["quero ", "nao quero mais ", "falar com ", "a", "vou ", "me ", "\n", "parem de "])
def test_a_very_long_message_is_read_in_a_blink(filler):
    began = time.perf_counter()
    wish(filler * (2 * LONGEST // len(filler)))
    assert time.perf_counter() - began < 0.5
