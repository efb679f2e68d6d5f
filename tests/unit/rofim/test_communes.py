"""The communes of a postal code."""

import pytest
from django.urls import reverse

from rofim.communes import communes_for, is_commune_of


def test_communes_of_a_postal_code():
    assert communes_for("13002") == ("Marseille", "Marseille 2e Arrondissement")
    assert "Sandrans" in communes_for("01400")
    assert communes_for("97400") == ("Saint-Denis",)
    assert communes_for("00000") == communes_for("") == communes_for("abc") == ()


def test_communes_are_public_data(client):
    answer = client.get(reverse("communes", args=["13002"]))
    assert answer.json()["communes"][0] == "Marseille"
    assert "public" in answer["Cache-Control"]
    for unknown in ("00000", "abc", "<script>", "é"):
        assert client.get(reverse("communes", args=[unknown])).json() == {"communes": []}


@pytest.mark.parametrize(
    ("city", "code"),
    [
        ("MARSEILLE", "13007"), ("Marseille CEDEX 07", "13007"), ("ST DENIS", "97400"), ("saint denis", "97400"),
        ("Marseille Cedex 20", "13285"), ("Fort de France", "97200"), ("Nîmes", "30000"), ("nimes", "30900"),
        ("Monaco", "98000"),
    ],
)  # fmt: skip
def test_a_commune_however_it_is_spelled(city, code):
    assert is_commune_of(city, code)


@pytest.mark.parametrize(("city", "code"), [("Lyon", "13007"), ("", "13007"), ("😀", "13007"), ("Marseill", "13007")])
def test_not_a_commune_of_the_code(city, code):
    assert not is_commune_of(city, code)
