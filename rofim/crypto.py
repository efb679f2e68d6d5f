"""Encryption at rest: model fields, file storage, blind index. Of FIELD_ENCRYPTION_KEYS the first encrypts."""

import datetime
import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.db import models


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _cipher() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS))


def encrypt(data: bytes) -> bytes:
    """Fernet token of `data` under the newest key."""
    return _cipher().encrypt(data)


def decrypt(token: bytes) -> bytes:
    """Plain bytes of a token made under any configured key; raises `cryptography.fernet.InvalidToken`."""
    return _cipher().decrypt(token)


def blind_index(value: str, *, purpose: str) -> str:
    """Keyed digest (64 hex digits) that finds an encrypted value without revealing it, within one purpose."""
    message = f"{purpose}\0{value}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


class _EncryptedField(models.Field):
    """Keeps a Fernet token in a text column. Empty stays empty; no look-up but `isnull` and `exact ''` makes sense."""

    def get_internal_type(self) -> str:
        return "TextField"

    def db_type(self, connection: Any) -> str | None:
        return connection.data_types["TextField"]

    def encode(self, value: Any) -> str:
        return str(value)

    def decode(self, text: str) -> Any:
        return text

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value in (None, "") else encrypt(self.encode(value).encode()).decode()

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value in (None, "") else self.decode(decrypt(value.encode()).decode())

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ("isnull", "exact"):
            raise FieldError(f"{self.name} is encrypted: it has no '{lookup_name}' look-up")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        # « attachments__0__content » would read a token as JSON: an error of the database.
        raise FieldError(f"{self.name} is encrypted: nothing of it can be looked into")


class EncryptedCharField(_EncryptedField, models.CharField):
    """Short text, encrypted; `max_length` binds the plain text in forms and full_clean()."""


class EncryptedTextField(_EncryptedField, models.TextField):
    """Long text, encrypted."""


class EncryptedDateField(_EncryptedField, models.DateField):
    """A date, encrypted."""

    def encode(self, value: Any) -> str:
        return value.isoformat()

    def decode(self, text: str) -> Any:
        return datetime.date.fromisoformat(text)


class EncryptedJSONField(_EncryptedField, models.JSONField):
    """JSON, encrypted; not searchable."""

    def encode(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def decode(self, text: str) -> Any:
        return json.loads(text)


class EncryptedBinaryField(models.BinaryField):
    """Bytes (a signature, a PDF), encrypted."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and len(value):
            value = encrypt(bytes(value))
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None or not len(value) else decrypt(bytes(value))


class EncryptedFileSystemStorage(FileSystemStorage):
    """Files whose bytes on disk are Fernet tokens, and that have no address."""

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        try:
            return super()._save(name, ContentFile(encrypt(content.read())))  # type: ignore[misc]
        except OSError:
            # A full disk leaves no half file.
            self.delete(name)
            raise

    def _open(self, name: str, mode: str = "rb") -> File:
        with super()._open(name, "rb") as stored:  # type: ignore[misc]
            return ContentFile(decrypt(stored.read()), name=name)

    def url(self, name: str | None) -> str:
        raise ValueError("Encrypted files have no public address.")
