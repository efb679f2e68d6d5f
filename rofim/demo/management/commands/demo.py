"""`manage.py demo`: everything on one machine with no service installed (product.md, « One command »)."""

import fcntl
import os
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.utils import timezone

from rofim.demo import seed
from rofim.demo.environment import parser
from rofim.demo.processes import Child, DemoError, stop, valkey_binary

WELCOME = """
  Rofim — démonstration

  Site                {url}/
  Messages envoyés    {url}/demo/messages/
  Administration      {url}/admin/

  Médecin             dr.martin@rofim.demo
  Autre médecin       dr.durand@rofim.demo
  À valider           dr.attente@rofim.demo
  Administrateur      admin@rofim.demo
  Mot de passe        {password}   (pour tous ; le code SMS se lit dans les messages)

  Lien du patient     {patient_url}
                      (rendez-vous {reference}, code {code})

  Ctrl-C arrête tout. Données et journaux : {folder}
"""


class Command(BaseCommand):
    help = "Démonstration : site, worker, Valkey, comptes et rendez-vous d’exemple."
    requires_system_checks: list[str] = []

    def add_arguments(self, arguments: Any) -> None:
        for action in parser()._actions:
            arguments.add_argument(*action.option_strings, type=action.type, default=action.default)

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(os.environ["DEMO_DIR"])
        children: list[Child] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        try:
            lock = _lock(folder)
            _refuse_taken_port(options["port"])
            self._run(folder, options["port"], children)
            lock.close()
        except DemoError as error:
            stop(children)
            self.stderr.write(str(error))
            sys.exit(1)
        except KeyboardInterrupt:
            stop(children)
            self.stdout.write("Démonstration arrêtée.")

    def _run(self, folder: Path, port: int, children: list[Child]) -> None:
        valkey = _start(children, "valkey", folder)
        valkey.spawn(
            [valkey_binary(), "-"],
            stdin=f"port {os.environ['REDIS_PORT']}\nbind 127.0.0.1\nrequirepass {os.environ['REDIS_PASSWORD']}\n"
            f'save ""\nappendonly no\ndir {folder}\n',
        )
        _wait_for(children, lambda: _listens(int(os.environ["REDIS_PORT"])), "Valkey ne démarre pas.")
        _run_to_its_end(Child("setup", folder))
        _start(children, "web", folder).fork(lambda: _serve(port))
        _start(children, "worker", folder).fork(lambda: _work(folder))
        _start(children, "outbox", folder).fork(lambda: call_command("outbox"))
        _wait_for(children, lambda: _answers(port), "Le site ne répond pas.")
        consultation = seed.current_appointment(now=timezone.now())
        self.stdout.write(
            WELCOME.format(
                url=settings.SITE_URL,
                password=seed.PASSWORD,
                folder=folder,
                reference=consultation.reference,
                code=consultation.invitation.code,
                patient_url=f"{settings.SITE_URL}/visio/{consultation.invitation.token}",
            )
        )
        self.stdout.flush()
        while True:
            _raise_for_the_dead(children)
            time.sleep(0.3)


def _leave(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _lock(folder: Path) -> Any:
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DemoError(f"Une démonstration tourne déjà dans {folder} : choisissez un autre DEMO_DIR.") from error
    return lock


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(f"Le port {port} est déjà pris. Essayez : make demo PORT={port + 1}") from error


def _run_to_its_end(child: Child) -> None:
    """Migrates and seeds in a child of its own: what the supervisor never opened (database, Valkey, threads), the forks
    that follow cannot inherit half-way."""
    child.fork(_set_up)
    while child.is_alive():
        time.sleep(0.02)
    if child.exit_status:
        raise DemoError(f"La préparation des données a échoué :\n{child.last_lines()}")


def _set_up() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    seed.seed(now=timezone.now())


def _start(children: list[Child], name: str, folder: Path) -> Child:
    children.append(Child(name, folder))
    return children[-1]


def _raise_for_the_dead(children: list[Child]) -> None:
    for child in children:
        if not child.is_alive():
            raise DemoError(
                f"« {child.name} » s’est arrêté (code {child.exit_status}). Fin de {child.log} :\n{child.last_lines()}"
            )


def _wait_for(children: list[Child], ready: Any, complaint: str, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        _raise_for_the_dead(children)
        if time.monotonic() > deadline:
            raise DemoError(complaint)
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sante/", timeout=2):
            return True
    except OSError:
        return False


def _serve(port: int) -> None:
    from daphne.cli import CommandLineInterface

    # -v 0: Daphne's access log is no logger, so nothing would mask the patient's token in it.
    CommandLineInterface().run(["-v", "0", "-b", "127.0.0.1", "-p", str(port), "rofim.asgi:application"])


def _work(folder: Path) -> None:
    from rofim.celery import app

    schedule = folder / "beat-schedule"
    # A schedule of a former run would make beat wait for what that run had planned.
    for stale in folder.glob("beat-schedule*"):
        stale.unlink()
    app.worker_main(
        [
            "worker",
            "--beat",
            f"--schedule={schedule}",
            "--pool=threads",
            "--concurrency=4",
            "--loglevel=INFO",
            "--without-gossip",
            "--without-mingle",
        ]
    )
