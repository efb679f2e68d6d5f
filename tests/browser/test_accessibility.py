"""Every page of the way under axe, in both colour schemes, on a desk, on a telephone and at 320 px; and by keyboard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_journey import log_in
from tests.demonstration import Demo

VISITOR = [
    "/", "/aide/patient/", "/aide/medecin/", "/confidentialite/", "/mentions-legales/", "/accessibilite/",
    "/connexion/", "/inscription/", "/mot-de-passe/", "/nulle-part/", "/verifier/ABCDEFGH/", "/test/",
]  # fmt: skip
PRACTITIONER = [
    "/", "/teleconsultation/", "/teleconsultation/nouvelle/", "/ordonnances/", "/compte/", "/compte/signature/",
    "/compte/activite/", "/compte/fermer/", "/nulle-part/",
]  # fmt: skip
PASSWORD = "demo-teleconsultation"
WIDTHS = (1280, 360, 320)

# What can be pressed and is not a word inside a sentence, smaller than a thumb (--tap of tokens.css).
SMALL = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
  .filter((e) => !(e.tagName === "A" && getComputedStyle(e).display === "inline"))
  .filter((e) => !["checkbox", "radio"].includes(e.type) && !e.classList.contains("skip"))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
  .map(([e, box]) => `${e.outerHTML.slice(0, 120)} ${Math.round(box.width)} × ${Math.round(box.height)}`)"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Cast:
    """Who is looking: a visitor, Dr Martin, her patient."""

    demo: Demo
    visitor: BrowserContext
    practitioner: BrowserContext
    patient: BrowserContext
    pages: list[tuple[str, str]]


@pytest.fixture(scope="module")
def cast(demo: Demo, chromium: Browser) -> Iterator[Cast]:
    contexts = [chromium.new_context(locale="fr-FR") for _ in range(3)]
    visitor, practitioner, patient = contexts
    page = practitioner.new_page()
    log_in(page, demo, "dr.martin@rofim.demo", PASSWORD, mobile="")
    page.goto(f"{demo.url}/teleconsultation/")
    reference = (
        page.locator("tr", has=page.get_by_role("link", name="Rejoindre")).locator("a.reference").first.inner_text()
    )
    letter = demo.wait_for_message("sophie", contains="/visio/")["body"]
    link = urlsplit(re.search(r"https?://\S+/visio/\S+", letter)[0]).path.rstrip("/")
    code = re.search(r"session vidéo est le (\w{4})", letter)[1]
    entrance = patient.new_page()
    entrance.goto(f"{demo.url}{link}/")
    entrance.locator("[name=code]").fill(code)
    entrance.get_by_role("button", name="Continuer").click()
    entrance.wait_for_url("**/informations/")
    appointment = f"/teleconsultation/{reference}"
    pages = [("visitor", address) for address in [*VISITOR, f"{link}/", f"{link}/test/"]]
    pages += [("practitioner", address) for address in PRACTITIONER]
    pages += [("practitioner", f"{appointment}{end}") for end in ("/", "/modifier/", "/annuler/")]
    pages += [("practitioner", f"{appointment}/ordonnances/nouvelle/")]
    pages += [("patient", f"{link}/{end}/") for end in ("informations", "documents", "pieces-jointes")]
    yield Cast(demo, visitor, practitioner, patient, pages)
    for context in contexts:
        context.close()


def faults(page: Page) -> list[str]:
    """What axe finds wrong, one line per element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {(node['any'] or [{}])[0].get('message', '')}"
        for fault in found
        for node in fault["nodes"]
    ]


def test_every_page(cast: Cast):
    wrong: list[str] = []
    for who, address in cast.pages:
        page: Page = getattr(cast, who).new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{cast.demo.url}{address}")
        expect(page.locator("h1")).to_have_count(1)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate(OVERFLOW) > 0:
                wrong.append(f"{address} {width}: wider than the window")
            wrong += [f"{address} {width}: small {thing}" for thing in page.evaluate(SMALL)]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{address} {scheme}: {fault}" for fault in faults(page)]
        page.close()
    assert not wrong, "\n".join(wrong)


def test_skip_link_is_first_and_leads_to_the_content(cast: Cast):
    page = cast.practitioner.new_page()
    page.goto(f"{cast.demo.url}/teleconsultation/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller au contenu")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.close()


def test_focus_is_seen(cast: Cast):
    page = cast.visitor.new_page()
    page.goto(f"{cast.demo.url}/")
    for _ in range(8):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert float(outline.removesuffix("px")) >= 2, page.evaluate("document.activeElement.outerHTML")
    page.close()
