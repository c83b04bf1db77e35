"""The table of operations: what is declared, who may, how it runs; reading an input from outside and its keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import ModuleType
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sqlmodel import Session

from core.foundation.errors import Invalid, Refused
from core.mechanisms.operations.actors import Actor, Role
from core.mechanisms.operations.values import canonical


class Operation(BaseModel):
    """The input of an operation: validated, frozen, unknown fields refused, control characters and broken Unicode taken out of texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        return _cleaned(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _on_the_calendar(self) -> Operation:
        """No moment at the edges of what a calendar can count: a zone or a buffer would carry it over them."""
        for value in self.__dict__.values():
            if isinstance(value, date) and not 1000 <= value.year <= 9000:
                raise ValueError("no such day")
        return self


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("text.not_unicode")
        return "".join(sign for sign in value if sign >= " " or sign in "\n\t")
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value


@dataclass(frozen=True, slots=True)
class Item:
    """One operation of a batch, as a set-wise function gets it."""

    do: Any
    by: Actor
    at: datetime
    op_id: UUID
    received_at: datetime
    device_seq: int | None = None
    clock_skew_s: int = 0


Function = Callable[..., Any]
ManyFunction = Callable[[Session, Sequence[Item]], Sequence[Any]]
Clash = Callable[[Session, Any, datetime], Refused]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Spec:
    """One line of the table of operations."""

    kind: str
    input: type[Operation]
    roles: frozenset[Role]
    run: Function
    offline: bool
    personal: bool
    many: ManyFunction | None
    clashes: Mapping[str, Clash]
    summary: str


def operation(
    input_class: type[Operation], kind: str, *, roles: Iterable[Role], offline: bool = False, personal: bool = False,
    many: ManyFunction | None = None, clashes: Mapping[str, Clash] | None = None,
) -> Callable[[F], F]:  # fmt: skip
    """Declare an operation. `offline`: takes the phone's corrected moment. `personal`: the payload names persons and is not kept in the log.
    `many`: applies a run of the same kind as a set; it returns one result, `Refused` or None (do this one by itself) for each item.
    `clashes`: part of a database constraint's name → what to refuse when the database itself said no."""

    def mark(function: F) -> F:
        function.__operation__ = Spec(  # type: ignore[attr-defined]
            kind,
            input_class,
            frozenset(roles) | {Role.SYSTEM},
            function,
            offline,
            personal,
            many,
            clashes or {},
            (function.__doc__ or "").strip(),
        )
        return function

    return mark


_specs: dict[str, Spec] = {}
_by_input: dict[type[Operation], Spec] = {}
_secret = secrets.token_bytes(32)


def include(*modules: ModuleType) -> None:
    """Know the operations of these modules (main.py alone calls this); including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            spec = getattr(value, "__operation__", None)
            if isinstance(spec, Spec):
                _specs[spec.kind] = spec
                _by_input[spec.input] = spec


def kinds() -> dict[str, Spec]:
    """Every operation by its kind, in order of kind."""
    return dict(sorted(_specs.items()))


def use_secret(secret: bytes) -> None:
    """The key of payload hashes (the office's secret)."""
    global _secret
    _secret = secret


def keyed(purpose: str, message: str) -> bytes:
    """32 bytes only this office can make of `message`: for codes that are shown, scanned and checked again (never for passwords)."""
    return hmac.digest(_secret, f"{purpose}\n{message}".encode(), "sha256")


def spec_of(do: Operation) -> Spec:
    spec = _by_input.get(type(do))
    if spec is None:
        raise LookupError(f"{type(do).__name__} is not an included operation")
    return spec


# ── reading what came from outside ──


def parse(kind: str, payload: Any) -> Operation:
    """The validated input of `kind`. Raises Invalid `op.unknown_kind` or `op.invalid` with the fields and what is wrong with each."""
    spec = _specs.get(kind)
    if spec is None:
        raise Invalid("op.unknown_kind", kind=str(kind)[:80])
    try:
        return spec.input.model_validate(payload)
    except ValidationError as error:
        problems = [
            {"field": ".".join(str(part) for part in item["loc"]), "problem": str(item["msg"])[:200]} for item in error.errors()[:20]
        ]
        raise Invalid(
            "op.invalid", fields=", ".join(dict.fromkeys(item["field"] for item in problems)) or "payload", problems=problems
        ) from None


def digest_of(kind: str, do: Operation) -> str:
    """Keyed hash of kind and content: equal only for the same content, and no way back to a name in it."""
    return hashed(canonical([kind, do.model_dump(mode="json")]))


def hashed(text: str) -> str:
    """The keyed hash of a payload as it was written."""
    return hashlib.blake2b(text.encode(), key=_secret[:64], digest_size=16).hexdigest()
