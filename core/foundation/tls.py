"""HTTPS inside an office that has no public name: our own small authority and a server certificate (`FOYER_TLS=local-ca`).

Phones give a page the camera and an offline store only over https. So the server makes, once, an authority that can vouch for nothing but
this office (RFC 5280 name constraints: its own names and private addresses), and with it a certificate for the names and addresses the
server answers to. Phones are told to trust the authority once (`/trust`); the server's certificate may then change as often as it must.
Everything lies in `<data>/tls`, readable by the server's own user only. With `FOYER_TLS=files` the two named files are used as they are.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core.foundation.errors import SetupError
from core.foundation.settings import Settings

log = logging.getLogger("foyer.tls")

AUTHORITY_YEARS = 10
SERVER_DAYS = 397  # Apple's devices refuse server certificates that run longer than 398 days
RENEW_DAYS = 30
PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
INNER_DOMAINS = ("localhost", "local", "lan", "internal", "home.arpa")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Names:
    """What the server is called: host names in lower case and addresses, sorted."""

    hosts: tuple[str, ...]
    addresses: tuple[Address, ...]

    def holds(self, host: str) -> bool:
        """Whether `host` (a name, or an address in text) is one of them."""
        try:
            return ipaddress.ip_address(host.strip("[]")) in self.addresses
        except ValueError:
            return host.lower() in self.hosts


@dataclass(frozen=True, slots=True)
class Files:
    """The two files a server needs: certificate (with the authority behind it) and key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """What a phone is asked to trust. `fingerprint` is the SHA-256 of `der`, in pairs, as phones and Windows show it."""

    name: str
    pem: bytes
    der: bytes
    fingerprint: str
    valid_until: datetime


def files(settings: Settings, at: datetime) -> Files | None:
    """The certificate and key to serve with, made or renewed when needed; None when https is off.

    Raises SetupError when the named files (`FOYER_TLS=files`) are missing."""
    if settings.tls == "off":
        return None
    if settings.tls == "files":
        found = Files(Path(settings.tls_certificate), Path(settings.tls_key))
        for path in (found.certificate, found.key):
            if not path.is_file():
                raise SetupError(f"FOYER_TLS is files, but {path} is not there.")
        return found
    names = server_names(settings)
    authority_key, authority_certificate = _authority(_folder(settings), names, at)
    return _server(_folder(settings), authority_key, authority_certificate, names, at)


def refresh(settings: Settings, context: ssl.SSLContext, at: datetime) -> bool:
    """Renew the certificate of a running server when it is due; new connections then get it. Tells whether it did."""
    if settings.tls == "off":
        return False
    path = _folder(settings) / "server.pem" if settings.tls == "local-ca" else Path(settings.tls_certificate)
    before = path.read_bytes() if path.is_file() else b""
    found = files(settings, at)
    if found is None or (found.certificate.read_bytes() == before and settings.tls == "local-ca"):
        return False
    context.load_cert_chain(found.certificate, found.key)
    return True


def authority(settings: Settings) -> Authority | None:
    """Our authority, or None while there is none."""
    path = _folder(settings) / "authority.pem"
    if not path.is_file():
        return None
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return Authority(
        name=name if isinstance(name, str) else name.decode("utf-8", "replace"),
        pem=certificate.public_bytes(serialization.Encoding.PEM),
        der=certificate.public_bytes(serialization.Encoding.DER),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        valid_until=certificate.not_valid_after_utc,
    )


def server_names(settings: Settings) -> Names:
    """localhost, this machine's names and addresses in its networks, and the host of FOYER_BASE_URL."""
    machine = socket.gethostname().lower()
    hosts = {"localhost", machine, machine.split(".")[0], machine.split(".")[0] + ".local"}
    addresses: set[Address] = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    addresses.update(lan_addresses())
    for host in (urlsplit(settings.base_url).hostname, settings.host):
        try:
            address = ipaddress.ip_address(host or "")
        except ValueError:
            hosts.add((host or "").lower())
        else:
            if not address.is_unspecified:
                addresses.add(address)
    return Names(tuple(sorted(filter(_is_host_name, hosts))), tuple(sorted(addresses, key=lambda address: (address.version, int(address)))))


def lan_addresses() -> list[Address]:
    """The addresses of this machine that others in the office can reach, IPv4 first; link-local ones are left out."""
    found: set[Address] = set()
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ipaddress.ip_address(text)
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.add(address)
    return sorted(found, key=lambda address: (address.version, int(address)))


# ── private ──


def _is_host_name(host: str) -> bool:
    return len(host) <= 253 and re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*", host) is not None


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "tls"


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SetupError(f"{path.name} in the tls folder is not a key of ours. Move the folder away; a new one is made.")
    return key


def _authority(folder: Path, names: Names, at: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key_path, path = folder / "authority.key", folder / "authority.pem"
    if key_path.is_file() and path.is_file():
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        if certificate.not_valid_after_utc - at > timedelta(days=RENEW_DAYS) and _may_vouch_for(certificate, names):
            return _read_key(key_path), certificate
        log.warning(
            "The office's address changed, or the authority ends soon: a new one is made. Every phone has to trust it again at /trust."
        )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _make_authority(key, names, at)
    _write(key_path, _key_bytes(key))
    _write(path, certificate.public_bytes(serialization.Encoding.PEM))
    return key, certificate


def _make_authority(key: ec.EllipticCurvePrivateKey, names: Names, at: datetime) -> x509.Certificate:
    machine = socket.gethostname().split(".")[0][:40]
    name = f"Foyer {machine} {at:%Y-%m-%d}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Foyer")])
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted({*INNER_DOMAINS, *names.hosts})]
    permitted += [x509.IPAddress(ipaddress.ip_network(net)) for net in PRIVATE]
    permitted += [x509.IPAddress(ipaddress.ip_network(address)) for address in names.addresses if not _is_private(address)]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))  # a phone's clock may be behind
        .not_valid_after(at + timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _is_private(address: Address) -> bool:
    return any(address in ipaddress.ip_network(net) for net in PRIVATE if ipaddress.ip_network(net).version == address.version)


def _may_vouch_for(certificate: x509.Certificate, names: Names) -> bool:
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    domains = [item.value for item in constraints if isinstance(item, x509.DNSName)]
    nets = [item.value for item in constraints if isinstance(item, x509.IPAddress)]
    hosts_covered = all(any(host == domain or host.endswith("." + domain) for domain in domains) for host in names.hosts)
    return hosts_covered and all(any(_lies_in(address, net) for net in nets) for address in names.addresses)


def _lies_in(address: Address, net: object) -> bool:
    return isinstance(net, (ipaddress.IPv4Network, ipaddress.IPv6Network)) and net.version == address.version and address in net


def _server(folder: Path, signer: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, names: Names, at: datetime) -> Files:
    found = Files(folder / "server.pem", folder / "server.key")
    if found.certificate.is_file() and found.key.is_file():
        now = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        fresh = now.not_valid_after_utc - at > timedelta(days=RENEW_DAYS) and now.not_valid_before_utc <= at
        if fresh and now.issuer == issuer.subject and _names_in(now) == names:
            return found
    key = ec.generate_private_key(ec.SECP256R1())
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names.hosts[0][:64])]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(min(at + timedelta(days=SERVER_DAYS - 1), issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_id, critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(found.key, _key_bytes(key))
    _write(found.certificate, b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, issuer)))
    return found


def _general_names(names: Names) -> Iterable[x509.GeneralName]:
    return [*map(x509.DNSName, names.hosts), *map(x509.IPAddress, names.addresses)]


def _names_in(certificate: x509.Certificate) -> Names:
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [address for address in alternatives.get_values_for_type(x509.IPAddress) if isinstance(address, Address)]
    return Names(tuple(alternatives.get_values_for_type(x509.DNSName)), tuple(addresses))


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=sign_certificates, crl_sign=sign_certificates, encipher_only=False, decipher_only=False,
    )  # fmt: skip
