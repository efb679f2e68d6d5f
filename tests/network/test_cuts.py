"""One side's network is gone for a while (reliability.md, « Faults »): what both read, how soon the call is back."""

from tests.network.network import Network
from tests.network.stage import Call, Stage, live, says


def test_5_seconds_need_nothing(network: Network, call: Call):
    connections = call.connections()
    with network.losing(network.patient):
        call.patient.wait_for_timeout(5_000)
    call.media_back(within=5)
    assert call.connections() == connections
    for page in call.pages:
        live(page, within=2)


def test_20_seconds_without_a_cable(network: Network, call: Call):
    with network.unplugged(network.patient):
        says(call.patient, "Votre connexion à internet est coupée.", within=15)
        says(call.patient, "L’appel reprendra tout seul.", within=1)
        says(call.practitioner, "Nous rétablissons la connexion avec Sophie Carpentier.", within=5)
        call.practitioner.wait_for_timeout(12_000)
    call.media_back(within=5)
    for page in call.pages:
        live(page, within=2)


def test_60_seconds_then_the_practitioner_may_call(network: Network, call: Call):
    with network.losing(network.patient):
        says(call.practitioner, "Nous rétablissons la connexion avec Sophie Carpentier.", within=15)
        says(call.patient, "Votre connexion est coupée.", within=25)
        says(call.practitioner, "La connexion de Sophie Carpentier est perdue.", within=45)
        says(call.practitioner, "Sophie Carpentier n’est pas de retour.", within=30)
        says(call.practitioner, "Vous pouvez l’appeler au 06 39 98 55 66.", within=1)
        says(call.patient, "On peut aussi vous téléphoner.", within=5)
    call.media_back(within=10)
    for page in call.pages:
        live(page, within=2)


def test_a_browser_that_stood_still_for_20_seconds(stage: Stage, call: Call):
    with stage.frozen(stage.network.patient):
        says(call.practitioner, "Nous rétablissons la connexion avec Sophie Carpentier.", within=15)
        call.practitioner.wait_for_timeout(12_000)
    call.media_back(within=10)
    for page in call.pages:
        live(page, within=2)
