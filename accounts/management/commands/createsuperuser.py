"""Django's command by our rules: a mobile that receives SMS, and no password that anybody tries first."""

import os
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from accounts import audit
from accounts.forms.administrator import PersonForm
from accounts.models import User

FIELDS = ("email", "first_name", "last_name", "mobile_phone")


class Command(BaseCommand):
    help = "Crée un administrateur qui a tous les droits. Le portable reçoit le code de chaque connexion."

    def add_arguments(self, parser: Any) -> None:
        for name in FIELDS:
            parser.add_argument(f"--{name}", f"--{name.replace('_', '-')}", dest=name, help=_variable(name))
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive",
            help=f"Ne demande rien : l’environnement donne le reste et le mot de passe ({_variable('password')}).",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options.get(name) or os.environ.get(_variable(name), "") for name in FIELDS}
        try:
            values = self._ask(given) if options["interactive"] else _checked(given)
            person = User(**values)
            password = self._ask_password(person) if options["interactive"] else _password_of_environment(person)
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Abandonné : rien n’est créé.") from None
        with transaction.atomic():
            user = User.objects.create_superuser(values.pop("email"), password, **values)
            audit.record(action="administrator.created", actor=None, about=f"user/{user.pk}")
        self.stdout.write(f"Administrateur créé : {user.email}")

    def _ask(self, given: dict[str, str]) -> dict[str, Any]:
        """Each field until it is right."""
        while errors := (form := PersonForm(given)).errors:
            for name in FIELDS:
                if name in errors:
                    if given[name]:
                        self.stderr.write(str(errors[name][0]))
                    given[name] = input(f"{form.fields[name].label} : ")
        return form.cleaned_data

    def _ask_password(self, person: User) -> str:
        while True:
            password = getpass("Mot de passe (12 caractères au moins) : ")
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            if getpass("Le même, une seconde fois : ") == password:
                return password
            self.stderr.write("Les deux mots de passe sont différents.")


def _variable(name: str) -> str:
    return f"DJANGO_SUPERUSER_{name.upper()}"


def _checked(given: dict[str, str]) -> dict[str, Any]:
    form = PersonForm(given)
    if not form.is_valid():
        raise CommandError("\n".join(f"{name} : {errors[0]}" for name, errors in form.errors.items()))
    return form.cleaned_data


def _password_of_environment(person: User) -> str:
    password = os.environ.get(_variable("password"), "")
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise CommandError("\n".join([f"{_variable('password')} :", *error.messages])) from None
    return password
