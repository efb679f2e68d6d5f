"""The prescription inside the side panel of the call: which pages may be framed, by whom, and what they leave out."""

import pytest
from django.urls import reverse

from tests.conftest import verify
from tests.unit.test_access import OURS, address, stage

__all__ = ["stage"]
FRAMED = {
    "prescriptions:prescription_create", "prescriptions:prescription_detail", "prescriptions:prescription_cancel",
    "prescriptions:consultation_prescriptions",
}  # fmt: skip
IN_PANEL = {"Sec-Fetch-Dest": "iframe"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_only_the_prescriptions_own_pages_may_be_framed_and_by_this_site_alone(name, stage, practitioner, client):
    answer = verify(client, practitioner.user).get(address(name, stage))
    policy = answer["Content-Security-Policy"]
    if name in FRAMED:
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self';" in f"{policy};"
    else:
        assert answer["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in policy or "default-src 'none'; sandbox" in policy
    assert ("frame-src 'self'" in policy) == (name == "teleconsult:practitioner_room")


def test_a_stranger_is_not_shown_the_login_in_a_frame(consultation, client):
    url = reverse("prescriptions:prescription_create", args=[consultation.reference])
    answer = client.get(url, headers=IN_PANEL, follow=True)
    assert answer.redirect_chain
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["prescription_create", "consultation_prescriptions"])
def test_in_the_panel_the_page_stands_alone(name, doctor, consultation):
    url = reverse(f"prescriptions:{name}", args=[consultation.reference])
    page = doctor.get(url).content.decode()
    assert "site-header" in page
    framed = doctor.get(url, headers=IN_PANEL).content.decode()
    assert "site-header" not in framed
    assert "site-footer" not in framed
    # No way out of the panel that the panel could not show.
    assert reverse("teleconsult:consultation_detail", args=[consultation.reference]) + '"' not in framed


def test_what_was_issued_is_sent_from_the_panel(doctor, issued):
    page = doctor.get(reverse("prescriptions:prescription_detail", args=[issued.number]), headers=IN_PANEL)
    html = page.content.decode()
    assert reverse("prescriptions:prescription_send", args=[issued.number]) in html
    assert "Autre ordonnance" in html
    assert "site-header" not in html
