"""make_certificates.py DIR: an authority, a certificate for 127.0.0.1, and one for a client, as ca.pem, server.pem, client.pem.

The last two hold certificate and key, as MLFLOW_TRACKING_CLIENT_CERT_PATH wants them.
"""

import datetime
import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, key, issuer: str, issuer_key, is_authority: bool) -> bytes:
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(address, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def pem(key) -> bytes:
    formats = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *formats)


def main():
    directory = Path(sys.argv[1])
    authority, server, client = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    (directory / "ca.pem").write_bytes(certificate("authority", authority, "authority", authority, True))
    for subject, key in (("server", server), ("client", client)):
        made = certificate(subject, key, "authority", authority, False)
        (directory / f"{subject}.pem").write_bytes(made + pem(key))


if __name__ == "__main__":
    main()
