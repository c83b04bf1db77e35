"""The office's own authority: phones trust it once, and it can vouch for nothing else."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from core.foundation import tls
from core.foundation.errors import SetupError
from core.foundation.settings import Settings

NOW = datetime.now(UTC).replace(microsecond=0)  # the TLS library looks at the machine's own clock


def office(folder: Path, base_url: str = "https://foyer.office.example:8443", **more: object) -> Settings:
    return Settings(data_dir=folder, tls="local-ca", base_url=base_url, **more)  # type: ignore[arg-type]  # only strings are given


def certificate(files: tls.Files | None) -> x509.Certificate:
    assert files is not None
    return x509.load_pem_x509_certificate(files.certificate.read_bytes())


def handshake(files: tls.Files, trusted: tls.Authority, name: str) -> str:
    """Connect as a phone that trusts the authority; what the server said, or the reason why not."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    phone = ssl.create_default_context(cadata=trusted.pem.decode())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            connection, _ = listener.accept()
            try:
                with server.wrap_socket(connection, server_side=True) as safe:
                    safe.sendall(b"hello")
            except OSError:
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            with socket.create_connection(("127.0.0.1", port)) as raw, phone.wrap_socket(raw, server_hostname=name) as safe:
                return safe.recv(10).decode()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        finally:
            thread.join()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "foyer.office.example"])
def test_a_phone_that_trusts_the_office_connects_by_every_name(tmp_path: Path, name: str) -> None:
    settings = office(tmp_path)
    files, trusted = tls.files(settings, NOW), tls.authority(settings)
    assert files is not None and trusted is not None
    assert handshake(files, trusted, name) == "hello"


def test_a_phone_does_not_connect_under_another_name(tmp_path: Path) -> None:
    settings = office(tmp_path)
    files, trusted = tls.files(settings, NOW), tls.authority(settings)
    assert files is not None and trusted is not None
    assert "mismatch" in handshake(files, trusted, "bank.example")


def test_the_authority_can_not_vouch_for_a_bank(tmp_path: Path) -> None:
    settings = office(tmp_path)
    tls.files(settings, NOW)
    key, issuer = tls._authority(tmp_path / "tls", tls.server_names(settings), NOW)
    forged = tls._server(tmp_path / "forged", key, issuer, tls.Names(("bank.example",), (ip_address("203.0.113.7"),)), NOW)
    trusted = tls.authority(settings)
    assert trusted is not None
    assert "permitted subtree" in handshake(forged, trusted, "bank.example")


def test_names_and_addresses_of_the_machine_stand_in_the_certificate(tmp_path: Path) -> None:
    settings = office(tmp_path, "https://192.168.7.5:8443", host="10.1.2.3")
    names = tls._names_in(certificate(tls.files(settings, NOW)))
    assert names == tls.server_names(settings)
    assert all(names.holds(name) for name in ["localhost", "127.0.0.1", "192.168.7.5", "10.1.2.3", "[::1]", socket.gethostname()])
    assert set(tls.lan_addresses()) <= set(names.addresses)


def test_keys_are_for_the_server_alone(tmp_path: Path) -> None:
    tls.files(office(tmp_path), NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes == dict.fromkeys(["authority.key", "authority.pem", "server.key", "server.pem"], 0o600)
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_a_second_start_keeps_the_certificate(tmp_path: Path) -> None:
    first = certificate(tls.files(office(tmp_path), NOW))
    assert certificate(tls.files(office(tmp_path), NOW + timedelta(days=300))) == first


@pytest.mark.proves("SEC 38")
def test_the_certificate_is_renewed_before_it_ends_and_phones_need_not_trust_again(tmp_path: Path) -> None:
    settings = office(tmp_path)
    first, trusted = certificate(tls.files(settings, NOW)), tls.authority(settings)
    later = NOW + timedelta(days=tls.SERVER_DAYS - tls.RENEW_DAYS)
    second = certificate(tls.files(settings, later))
    assert second.serial_number != first.serial_number and second.not_valid_after_utc > later + timedelta(days=300)
    assert tls.authority(settings) == trusted
    assert first.not_valid_after_utc - first.not_valid_before_utc <= timedelta(days=398)


@pytest.mark.proves("SEC 38")
def test_a_running_server_takes_the_renewed_certificate(tmp_path: Path) -> None:
    settings = office(tmp_path)
    files = tls.files(settings, NOW)
    assert files is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    assert not tls.refresh(settings, context, NOW + timedelta(days=1))
    assert tls.refresh(settings, context, NOW + timedelta(days=tls.SERVER_DAYS - 10))


def test_another_base_address_gets_a_new_certificate_and_if_need_be_a_new_authority(tmp_path: Path) -> None:
    tls.files(office(tmp_path), NOW)
    before = tls.authority(office(tmp_path))
    inner = office(tmp_path, "https://foyer.lan:8443")
    assert tls._names_in(certificate(tls.files(inner, NOW))).holds("foyer.lan")
    assert tls.authority(inner) == before
    outer = office(tmp_path, "https://foyer.elsewhere.example")
    assert tls._names_in(certificate(tls.files(outer, NOW))).holds("foyer.elsewhere.example")
    assert tls.authority(outer) != before


def test_no_https_and_files_of_ones_own(tmp_path: Path) -> None:
    assert tls.files(Settings(data_dir=tmp_path), NOW) is None
    assert tls.authority(Settings(data_dir=tmp_path)) is None
    own = Settings(data_dir=tmp_path, tls="files", tls_certificate=str(tmp_path / "a.pem"), tls_key=str(tmp_path / "a.key"))
    with pytest.raises(SetupError, match=r"a\.pem is not there"):
        tls.files(own, NOW)
    (tmp_path / "a.pem").touch()
    (tmp_path / "a.key").touch()
    assert tls.files(own, NOW) == tls.Files(tmp_path / "a.pem", tmp_path / "a.key")


def test_the_fingerprint_reads_as_phones_show_it(tmp_path: Path) -> None:
    tls.files(office(tmp_path), NOW)
    trusted = tls.authority(office(tmp_path))
    assert trusted is not None
    assert len(trusted.fingerprint) == 95 and trusted.fingerprint == trusted.fingerprint.upper()
    assert trusted.name.startswith("Foyer ")
