"""The platform's seal on what is issued: a PAdES signature that any PDF reader checks, so that a changed byte shows.

With SEAL_KEY and SEAL_CERTIFICATE (PEM files) the operator's own key; otherwise one that is generated once and kept
encrypted under DATA_DIR/seal/. pyHanko is imported at the first use: it costs every process half a second.
"""

import io
import os
import tempfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.conf import settings

from rofim.crypto import decrypt, encrypt

FIELD_NAME = "Rofim"
# Hexadecimal digits kept free for the signature; known ahead, pyHanko need not sign twice to measure it.
_RESERVED = 16_384
_VALIDITY = timedelta(days=3650)


def apply_seal(pdf: bytes) -> bytes:
    """`pdf` with the seal appended as an incremental update; the bytes that it covers are left as they were."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    class Writer(IncrementalPdfFileWriter):
        def _update_meta(self) -> None:
            """Leaves title and dates alone: pyHanko changes one of two places that PDF/A wants equal."""

    signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=FIELD_NAME,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            reason="Document délivré par Rofim",
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        ),
        signer=load_key(),
    )
    output = io.BytesIO()
    signer.sign_pdf(Writer(io.BytesIO(pdf)), bytes_reserved=_RESERVED, output=output)
    return output.getvalue()


def is_intact(pdf: bytes) -> bool:
    """Whether `pdf` carries this platform's seal over its whole length and not a byte has changed since."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    certificate = load_key().signing_cert
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if len(signatures) != 1:
            return False
        # The platform's own certificate is the only root: nobody else's seal is taken for ours.
        context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
        status = validate_pdf_signature(signatures[0], signer_validation_context=context)
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError):
        return False
    return bool(status.bottom_line) and status.coverage == SignatureCoverageLevel.ENTIRE_FILE


def load_key() -> Any:
    """pyHanko's signer with the platform's key, made now if there is none yet."""
    return _signer(Path(settings.DATA_DIR) / "seal", settings.SEAL_KEY, settings.SEAL_CERTIFICATE)


@lru_cache(maxsize=2)
def _signer(directory: Path, key_file: str, certificate_file: str) -> Any:
    """pyHanko's signer; read once a process."""
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    pem = _own_pem(directory) if not key_file else Path(key_file).read_bytes() + Path(certificate_file).read_bytes()
    key = serialization.load_pem_private_key(pem[: pem.index(b"-----BEGIN CERTIFICATE")], password=None)
    chain = x509.load_pem_x509_certificates(pem)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    registry = SimpleCertificateStore()
    certificates = [asn1_x509.Certificate.load(c.public_bytes(serialization.Encoding.DER)) for c in chain]
    registry.register_multiple(certificates[1:])

    class Signer(SimpleSigner):
        def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
            """With the key that is loaded already: loading an RSA key checks it, for 120 ms."""
            if isinstance(key, rsa.RSAPrivateKey) and digest_algorithm == "sha256":
                return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
            return super().sign_raw(data, digest_algorithm)

    return Signer(signing_cert=certificates[0], signing_key=keys.PrivateKeyInfo.load(der), cert_registry=registry)


def _own_pem(directory: Path) -> bytes:
    """The generated key and certificate; two processes that start together end up with the same."""
    path = directory / "seal.pem.enc"
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory, delete=False) as draft:
            draft.write(encrypt(_generate()))
        try:
            # A link fails where a rename would overwrite the other process's key.
            os.link(draft.name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft.name)
    return decrypt(path.read_bytes())


def _generate() -> bytes:
    # Not an elliptic curve: ISO/TS 32002 would make the file a PDF 2.0, which PDF/A-3 is not.
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Rofim"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Cachet des documents {settings.SITE_HOST}"[:64]),
        ]
    )
    # The clock may lag behind another process's.
    now = datetime.now(UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
