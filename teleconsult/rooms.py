"""What the rest of the house may ask of open rooms. Synchronous; for services and tasks."""

import logging

from asgiref.sync import async_to_sync

from teleconsult import mailbox

logger = logging.getLogger(__name__)


def announce_end(*, consultation_id: int, by: str, reason: str) -> None:
    """Tells both sockets, on whatever process, that it is over, and closes them.

    `by`: practitioner, patient or system. `reason`: completed, time-limit or cancelled. Never raises: a socket that
    missed this (Redis down) reads the end from the database within some 5 s.
    """
    mailbox.end_here(consultation_id, by, reason)
    try:
        async_to_sync(mailbox.end_elsewhere)(consultation_id, by, reason)
    except Exception as error:
        logger.warning("call: the end of consultation %s was not announced: %r", consultation_id, error)
