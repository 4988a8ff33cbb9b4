"""What our own words promise. Every sentence is invented; an issue with an open promise must not end by itself."""

import pytest

from issues.reading import promises

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
Vou dar uma olhada e já te falo
Já estamos resolvendo isso
Nossa equipe técnica foi acionada
O setor financeiro retornará o contato
Fique tranquilo, vamos resolver
Em até 24 horas alguém te responde
Assim que possível retornaremos
Vou confirmar e te aviso
Logo te dou uma resposta
Estamos apurando o ocorrido
Já repassei o seu caso
Vou escalar para o time responsável
Passarei sua solicitação ao gerente
O técnico vai entrar em contato
Você terá uma resposta ainda hoje
Deixa comigo, vou verificar
Vamos te ligar
Aguarde nosso contato
Aguarde que já retorno
Vou checar aqui e volto
A gente te avisa
Mandaremos o boleto por e-mail
Já pedi para o financeiro verificar
Iremos analisar e retornar
Volto em instantes
Te retorno em breve
Seu pedido será enviado amanhã
Estou encaminhando para o setor
Fique no aguardo
Um colega vai assumir
Our team will contact you
We'll get back to you soon
I'll check and let you know
Give me a moment
I have forwarded your request
We are working on it
You'll receive an update tomorrow
I will escalate this
Hold on, checking
We are investigating the issue
Enquanto isso, sua reclamação está registrada e será tratada
Recebemos sua mensagem e já estamos cuidando disso.
O reembolso será feito em até 5 dias
Sua mensagem foi para o início da fila e nossa equipe já está verificando.
Um momento que vou ver
Retornamos o contato assim que possível
Comunicaremos você assim que houver novidade
Vou providenciar
providenciaremos o envio
Estamos aguardando o retorno da transportadora
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
Para emitir a segunda via, acesse o site e clique em Boletos.
Você já tentou reiniciar o aplicativo?
Qual é o seu CPF?
O horário de funcionamento é das 8h às 18h.
Sim, aceitamos cartão de crédito.
Clique em Entrar e digite o código que chegou por e-mail.
Isso acontece quando o navegador guarda dados antigos: limpe os dados e entre de novo.
O plano pode ser cancelado a qualquer momento pelo aplicativo.
Desculpe pelo transtorno! Tente acessar por este caminho: Menu, Minha conta, Acesso.
Vou te ajudar com isso! Abra o aplicativo e toque em Perfil.
Fico feliz que tenha dado certo!
Me avise se funcionar.
Se não resolver, me chame de novo.
Se precisar de algo, estamos à disposição.
Precisa de mais alguma coisa?
A entrega é feita pelos Correios.
Verifique se o e-mail não caiu no spam.
Nesse caso, o melhor é trocar a senha.
O estorno aparece na fatura do seu cartão.
Entendi. Em que momento o erro aparece?
Para falar com a recepção, use o telefone que está no site.
Se quiser, posso chamar uma pessoa da equipe.
Quando entrar, escolha a opção Remarcar.
Please log out and log in again.
What is your order number?
You can cancel in the app.
If you need anything else, just ask.
Let me know if that works.
Thanks for reaching out! Try a different browser.
The refund appears on your next statement.
Check your spam folder, please.
Oi, Ana! Para recuperar o acesso, toque em Esqueci a senha e siga o link que chega na caixa de entrada.
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
