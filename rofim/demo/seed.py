"""The demonstration's people and appointments: made where missing, never touched where there."""

import io
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from PIL import Image, ImageDraw

from accounts.models import Practitioner, RateCount, User
from patients.models import Intake
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import messages_about
from rofim.uploads import JPEG, PDF
from teleconsult import services
from teleconsult.models import Consultation, ConsultationEvent

PASSWORD = "demo-teleconsultation"  # noqa: S105 (the demonstration's, printed at its start)
DOMAIN = "rofim.demo"
# Accepted by the forms (unlike 06 39 98 xx xx, which the ARCEP keeps for fiction); nothing is sent from here.
_MOBILE = "+33612345{:03d}"

_PRACTITIONERS: list[dict[str, Any]] = [
    {
        "email": "dr.martin",
        "first_name": "Claire",
        "last_name": "Martin",
        "status": Practitioner.Status.VALIDATED,
        "rpps": "10003456786",
        "specialty": "Médecine générale",
        "practice_name": "Cabinet du Vieux-Port",
        "practice_address": "12 quai du Port",
        "practice_postal_code": "13002",
        "practice_city": "Marseille",
    },
    {
        "email": "dr.durand",
        "first_name": "Hélène",
        "last_name": "Durand",
        "status": Practitioner.Status.VALIDATED,
        "rpps": "10007654329",
        "specialty": "Dermatologie",
        "practice_name": "Maison de santé Bellecour",
        "practice_address": "3 place Bellecour",
        "practice_postal_code": "69002",
        "practice_city": "Lyon",
    },
    {
        "email": "dr.attente",
        "first_name": "Paul",
        "last_name": "Attente",
        "status": Practitioner.Status.PENDING,
        "rpps": "10001112225",
        "specialty": "Médecine générale",
        "practice_name": "Cabinet de la Gare",
        "practice_address": "8 rue de la Gare",
        "practice_postal_code": "35000",
        "practice_city": "Rennes",
    },
    {
        "email": "dr.nouvelle",
        "first_name": "Inès",
        "last_name": "Nouvelle",
        "status": Practitioner.Status.PENDING,
        "rpps": "10004445556",
        "specialty": "Pédiatrie",
        "practice_name": "Cabinet des Tilleuls",
        "practice_address": "21 allée des Tilleuls",
        "practice_postal_code": "44000",
        "practice_city": "Nantes",
        "identity_document_type": PDF,
    },
]


@transaction.atomic
def seed(*, now: datetime) -> None:
    """Makes what is missing; the messages of the day begin anew, so that it can be started all day long."""
    RateCount.objects.filter(bucket__in=("sent-by-hand", "sent-by-hand/contact", "sent-again/contact")).delete()
    if not User.objects.filter(email=f"admin@{DOMAIN}").exists():
        User.objects.create_superuser(
            f"admin@{DOMAIN}", PASSWORD, first_name="Alex", last_name="Admin", mobile_phone=_MOBILE.format(609)
        )
    practitioners = [_practitioner(number, now=now, **values) for number, values in enumerate(_PRACTITIONERS, start=1)]
    _appointments(practitioners[0], now=now)


def current_appointment(*, now: datetime) -> Consultation:
    """The first practitioner's appointment that is open now; raises Consultation.DoesNotExist."""
    return _current(now).select_related("invitation").earliest("starts_at")


def _current(now: datetime) -> QuerySet[Consultation]:
    return Consultation.objects.filter(
        practitioner__user__email=f"{_PRACTITIONERS[0]['email']}@{DOMAIN}",
        starts_at__gt=now - timedelta(minutes=5),
        starts_at__lt=now + timedelta(minutes=20),
        invitation__closed_at=None,
    )


def _practitioner(number: int, *, now: datetime, email: str, first_name: str, last_name: str, **fields: Any):
    email = f"{email}@{DOMAIN}"
    known = Practitioner.objects.filter(user__email=email).first()
    if known:
        return known
    user = User.objects.create_user(
        email, PASSWORD, first_name=first_name, last_name=last_name, mobile_phone=_MOBILE.format(600 + number)
    )
    practitioner = Practitioner(
        user=user,
        title=Practitioner.Title.DR,
        profession=Practitioner.Profession.PHYSICIAN,
        practice_phone="+33491000000",
        sector="Conventionné secteur 1",
        submitted_at=now - timedelta(hours=2 + number),
        **fields,
    )
    if practitioner.is_validated:
        practitioner.decided_at = now
        practitioner.signature = _drawing(f"{first_name} {last_name}", size=(420, 120), mode="LA")
    else:
        practitioner.identity_document_type = practitioner.identity_document_type or JPEG
        card = _card(f"{last_name.upper()} {first_name}", practitioner.identity_document_type)
        practitioner.identity_document.save("card", ContentFile(card), save=False)
    practitioner.save()
    return practitioner


def _card(name: str, mimetype: str) -> bytes:
    """A specimen of an identity card: one picture, or a PDF of its two sides."""
    front = _drawing(f"SPÉCIMEN\nCarte d'identité\n{name}", size=(860, 540), mode="RGB")
    if mimetype != PDF:
        return front
    sides = [front, _drawing("SPÉCIMEN\nVerso", size=(860, 540), mode="RGB")]
    pages = [Image.open(io.BytesIO(side)) for side in sides]
    content = io.BytesIO()
    pages[0].save(content, "PDF", save_all=True, append_images=pages[1:])
    return content.getvalue()


def _drawing(text: str, *, size: tuple[int, int], mode: str) -> bytes:
    """A picture of `text`: a JPEG card, or a PNG signature on nothing."""
    transparent = mode == "LA"
    # Pillow's own font has no accents.
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    image = Image.new(mode, size, (255, 0) if transparent else (226, 240, 239))
    draw = ImageDraw.Draw(image)
    draw.multiline_text((40, 30), text, font_size=56, fill=(0, 255) if transparent else (20, 38, 46), spacing=20)
    content = io.BytesIO()
    image.save(content, "PNG" if transparent else "JPEG")
    return content.getvalue()


def _appointments(practitioner: Practitioner, *, now: datetime) -> None:
    own = Consultation.objects.for_practitioner(practitioner.user)
    if not own.filter(starts_at__lt=now - timedelta(days=1)).exists():
        _past_appointment(practitioner, now=now)
    tomorrow = now + timedelta(days=1)
    if not own.filter(starts_at__gt=now + timedelta(hours=12), starts_at__lt=now + timedelta(days=2)).exists():
        _schedule(practitioner, "Diallo", "Mamadou", starts_at=_full_minute(tomorrow), now=now)
    if not _current(now).exists():
        _schedule(practitioner, "Carpentier", "Sophie", starts_at=_full_minute(now + timedelta(minutes=10)), now=now)


def _schedule(practitioner: Practitioner, last_name: str, first_name: str, *, starts_at: datetime, now: datetime):
    return services.schedule_consultation(
        practitioner=practitioner,
        last_name=last_name,
        first_name=first_name,
        email=f"{first_name.lower()}@patient.demo",
        phone=_MOBILE.format(700 + len(last_name)),
        starts_at=starts_at,
        by=practitioner.user,
        now=now,
    )


def _past_appointment(practitioner: Practitioner, *, now: datetime) -> None:
    then = _full_minute(now - timedelta(days=3))
    created = then - timedelta(days=1)
    consultation = _schedule(practitioner, "Le Goff", "Jeanne", starts_at=then, now=created)
    # Long arrived: the worker would find them too late to be sent.
    messages_about(f"invitation/{consultation.invitation_id}").update(
        status=OutgoingMessage.Status.DELIVERED, created_at=created, accepted_at=created, delivered_at=created
    )
    Intake.objects.create(
        invitation=consultation.invitation,
        last_name="Le Goff",
        first_name="Jeanne",
        birth_date=datetime(1981, 7, 4).date(),
        birth_postal_code="29200",
        birth_city="Brest",
        sex=Intake.Sex.FEMALE,
        consented_at=then,
        completed_at=then,
    )
    consultation = services.start_consultation(consultation=consultation, now=then)
    services.complete_consultation(
        consultation=consultation,
        actor_role=ConsultationEvent.ActorRole.PRACTITIONER,
        actor=practitioner.user,
        reason="completed",
        now=then + timedelta(minutes=18),
    )


def _full_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
