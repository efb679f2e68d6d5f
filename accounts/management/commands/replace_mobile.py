"""The way back for an administrator whom no other one can help: the operator gives the account another mobile."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.fields import clean_mobile
from accounts.models import User
from accounts.services.credentials import SameMobile, replace_mobile


class Command(BaseCommand):
    help = (
        "Enregistre un nouveau portable pour un administrateur qui n’a plus le sien ni code de secours. "
        "Il est prévenu, ses sessions se terminent, son application et ses codes de secours ne servent plus ; "
        "le mot de passe reste."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("email", help="l’adresse e-mail de l’administrateur")
        parser.add_argument("mobile_phone", help="son nouveau portable, de France ou d’outre-mer")

    def handle(self, *args: Any, email: str, mobile_phone: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower(), is_staff=True, is_active=True).first()
        if user is None:
            raise CommandError(
                "Aucun administrateur actif n’a cette adresse. Le portable d’un professionnel de santé "
                "se remplace dans l’administration."
            )
        try:
            replace_mobile(user=user, phone=clean_mobile(mobile_phone), by=None, now=timezone.now())
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        except SameMobile:
            raise CommandError("C’est déjà le portable de ce compte.") from None
        self.stdout.write(f"Portable remplacé : {user.email}")
