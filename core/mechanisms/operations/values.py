"""Results as JSON values, and the one way a payload is written for its hash and for the log."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode


def as_json(value: Any) -> Any:
    """A result as JSON values: dataclasses become objects, ids and moments become strings."""
    kind = type(value)
    if kind in _JSON_ALREADY:
        return value
    if kind is UUID:
        return str(value)
    if kind in _fields_of:
        return {name: inner if type(inner := getattr(value, name)) in _JSON_ALREADY else as_json(inner) for name in _fields_of[kind]}
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (UUID, date)):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        _fields_of[kind] = tuple(item.name for item in dataclasses.fields(value))
        return {name: as_json(getattr(value, name)) for name in _fields_of[kind]}
    if isinstance(value, Mapping):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(inner) for inner in value]
    return str(value)


_JSON_ALREADY = frozenset({type(None), str, int, float, bool})
_fields_of: dict[type, tuple[str, ...]] = {}
