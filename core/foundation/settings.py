"""Settings from the environment or a `.env` file (contract.md). An unknown FOYER_ name or an odd value stops the start with one clear line."""

from __future__ import annotations

import difflib
import errno
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.foundation.errors import SetupError
from core.foundation.i18n import LANGUAGES

EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - compared, never bound by us
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field a setting; the name in the environment is FOYER_ + the field's name in capitals."""

    database_url: str = "sqlite:///data/foyer.db"
    data_dir: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    http_port: int = 8081
    smtp_url: str = ""
    imap_url: str = ""
    timezone: str = "Asia/Shanghai"
    language: str = "zh-Hans"
    tls: str = "off"
    tls_certificate: str = ""
    tls_key: str = ""
    secret_file: Path = Path("data/secret.key")
    test_clock: bool = False
    test_clock_start: datetime | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether labels printed with this base address would work on this machine only."""
        return (urlsplit(self.base_url).hostname or "") in LOOPBACK

    def secret(self) -> bytes:
        """The office's secret key (32 bytes), made once with mode 0600."""
        path = self.secret_file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:  # another process made it between the look and the write
                return path.read_bytes()
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()


def check_port(config: Settings) -> None:
    """Raises SetupError when another program, or another Foyer, answers on this port already: said before anything is made or told."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a server that just ended left behind is no hindrance
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            why = (
                f"port {config.port} is in use by another program"
                if error.errno == errno.EADDRINUSE
                else f"{config.host}:{config.port} can not be opened ({error.strerror})"
            )
            raise SetupError(f"{why}. Stop it, or choose another with FOYER_PORT.") from error


def load(
    environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env"), defaults: Mapping[str, str] | None = None
) -> Settings:
    """Read and check the settings; `defaults` are a command's own. Raises SetupError naming the setting, its value and what is right."""
    given = {
        **(defaults or {}),
        **(_read_env_file(env_file) if env_file else {}),
        **{k: v for k, v in (os.environ if environ is None else environ).items() if k.startswith("FOYER_")},
    }
    known = {"FOYER_" + field.name.upper(): field.name for field in fields(Settings) if field.name != "test_clock_start"}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise SetupError(
                f"{name} is not a setting of Foyer." + (f" Did you mean {near[0]}?" if near else f" Settings: {', '.join(sorted(known))}")
            )
    values = {known[name]: value for name, value in given.items() if value != ""}
    return _checked(values)


def _checked(values: dict[str, str]) -> Settings:
    data_dir = Path(values.get("data_dir", "data"))
    language = values.get("language", "zh-Hans")
    if language not in LANGUAGES:
        raise SetupError(f"FOYER_LANGUAGE is {language!r}; it must be one of {', '.join(LANGUAGES)}.")
    timezone = values.get("timezone", "Asia/Shanghai")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SetupError(f"FOYER_TIMEZONE is {timezone!r}, which is not a time zone name such as Asia/Shanghai.") from error
    tls = values.get("tls", "off")
    if tls not in ("off", "local-ca", "files"):
        raise SetupError(f"FOYER_TLS is {tls!r}; it must be off, local-ca or files.")
    if tls == "files" and not (values.get("tls_certificate") and values.get("tls_key")):
        raise SetupError("FOYER_TLS is files; FOYER_TLS_CERTIFICATE and FOYER_TLS_KEY must name the two files.")
    url = values.get("database_url", f"sqlite:///{data_dir.as_posix()}/foyer.db")
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SetupError(f"FOYER_DATABASE_URL begins with {url.split(':')[0]!r}; it must begin with sqlite:/// or postgresql+psycopg://.")
    host, port = values.get("host", "127.0.0.1"), _port("port", values.get("port", "8080"))
    reachable = "127.0.0.1" if host in EVERY_ADDRESS else host
    base = values.get("base_url", "").rstrip("/") or f"{'http' if tls == 'off' else 'https'}://{reachable}:{port}"
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise SetupError(f"FOYER_BASE_URL is {base!r}; it must be scheme://host[:port] without a path.")
    test_clock = values.get("test_clock", "0")
    start: datetime | None = None
    if test_clock not in ("0", "1"):
        try:
            start = datetime.fromisoformat(test_clock)
        except ValueError:
            start = None
        if start is None or start.tzinfo is None:
            raise SetupError(f"FOYER_TEST_CLOCK is {test_clock!r}; it must be 0, 1, or a moment with its offset to start from.")
    return Settings(
        database_url=url, data_dir=data_dir, host=host, port=port, base_url=base, http_port=_port("http_port", values.get("http_port", "8081")),
        smtp_url=values.get("smtp_url", ""), imap_url=values.get("imap_url", ""), timezone=timezone, language=language, tls=tls, tls_certificate=values.get("tls_certificate", ""),
        tls_key=values.get("tls_key", ""), secret_file=Path(values.get("secret_file", str(data_dir / "secret.key"))), test_clock=test_clock != "0", test_clock_start=start,
    )  # fmt: skip


def _port(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        raise SetupError(f"FOYER_{name.upper()} is {value!r}; it must be a port from 1 to 65535.")
    return int(value)


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals:
            raise SetupError(f"{path.name} line {number} is not NAME=value: {raw!r}")
        if name.strip().startswith("FOYER_"):
            found[name.strip()] = value.strip().strip("\"'")
    return found
