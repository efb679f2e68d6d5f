"""Template tags and filters of the whole house (built in: no {% load %} needed)."""

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import phonenumbers
from django import template
from django.conf import settings
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

LUCIDE = "vendor/lucide@1.62.0/icons"
NBSP = "\u00a0"


@cache
def _drawing(name: str) -> str:
    """What is inside the <svg> of a vendored Lucide icon."""
    path = settings.BASE_DIR / "static" / LUCIDE / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise template.TemplateSyntaxError(f"unknown icon {name!r}: put its SVG of Lucide into static/{LUCIDE}/")
    inside = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
    assert inside is not None, path  # noqa: S101
    return " ".join(inside.group(1).split())


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A Lucide icon inline, hidden from screen readers: the text or the accessible name stands beside it.

    `size` in pixels counts only where no stylesheet of ours is linked (the admin); raises on an unknown name.
    """
    return mark_safe(  # noqa: S308 — a file of ours and a number
        f'<svg class="lucide" xmlns="http://www.w3.org/2000/svg" width="{int(size)}" height="{int(size)}" '
        'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true" focusable="false">{_drawing(name)}</svg>'
    )


@register.simple_tag
def vendored(path: str) -> str:
    """The address of a vendored file, spelled as our stylesheets spell it: with `%40` for `@`, as {% static %} writes,
    a browser would take what is preloaded for another file and load it twice.
    """
    return static(f"vendor/{path}").replace("%40", "@")


@register.simple_tag
def help_pictures() -> str:
    """The address of the drawings that show where a browser asks, in the page's language.

    `{% static _(…) %}` would hand over a lazy string, which the storage of hashed files refuses.
    """
    return static(_("img/help.svg"))


def _in_paris(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _english() -> bool:
    """Whose patients may be anywhere: on an English page an hour says where it runs."""
    return get_language() == "en"


@register.filter(expects_localtime=False)
def date_hour(value: datetime | None) -> str:
    """« 18/03/2020 à 21:45 », « 18 March 2020 at 21:45 Paris time », in Paris; empty for nothing."""
    if not value:
        return ""
    local = _in_paris(value)
    # 03/04 would be read as the fourth of March by some.
    return (
        date_format(local, r"j F Y \a\t H:i \P\a\r\i\s \t\i\m\e") if _english() else local.strftime("%d/%m/%Y à %H:%M")
    )


@register.filter(expects_localtime=False)
def day(value: date | datetime | None) -> str:
    """« mercredi 18 mars 2020 », in Paris; « 1er » for the first of the month; empty for nothing.

    « Wednesday 18 March 2020 » on an English page.
    """
    if not value:
        return ""
    local = _in_paris(value) if isinstance(value, datetime) else value
    if _english():
        return date_format(local, "l j F Y")
    number = "1er" if local.day == 1 else str(local.day)
    return f"{date_format(local, 'l')} {number}{NBSP}{date_format(local, 'F Y')}"


@register.filter(expects_localtime=False)
def hour(value: datetime | time | None) -> str:
    """« 21:45 », « 21:45 Paris time », in Paris; empty for nothing."""
    if value is None or value == "":
        return ""
    shown = (_in_paris(value) if isinstance(value, datetime) else value).strftime("%H:%M")
    return f"{shown} Paris time" if _english() else shown


@register.filter(expects_localtime=False)
def elapsed(value: datetime | timedelta | None) -> str:
    """How long since a moment, or how long a duration: « moins d’une minute », « 3 min », « 1 h 05 », « 2 jours »."""
    if value is None or value == "":
        return ""
    duration = timezone.now() - value if isinstance(value, datetime) else value
    minutes = int(duration.total_seconds() // 60)
    if minutes < 1:
        return f"moins d’une{NBSP}minute"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 48 * 60:
        return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02d}"
    return f"{minutes // (24 * 60)}{NBSP}jours"


@register.filter
def phone(value: Any) -> str:
    """« 06 12 34 56 78 » from +33612345678; another country's keeps its +; what is no number stays as it is."""
    if not value:
        return ""
    try:
        number = phonenumbers.parse(str(value), settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return str(value)
    # Overseas départements have codes of their own and are dialled from each other as in France.
    domestic = number.country_code in {33, 262, 590, 594, 596}
    style = phonenumbers.PhoneNumberFormat.NATIONAL if domestic else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


@register.filter
def widget(field: BoundField) -> SafeString:
    """The field's widget; the first wrong one of its form has the focus, wherever the form would put it otherwise."""
    wrong = next((each for each in field.form.visible_fields() if each.errors), None)
    return field.as_widget(attrs={"autofocus": wrong.name == field.name} if wrong else None)


@register.filter
def nbsp(value: Any) -> str:
    """The same text, never broken at its spaces."""
    return str(value).replace(" ", NBSP)
