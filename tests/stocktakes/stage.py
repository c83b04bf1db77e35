"""What a stock-take test arranges in one line each: labelled assets, a session, phones that count with their own numbers and clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import devices
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Operation, Outcome, Request, perform_requests
from core.sections import assets, stocktakes
from core.sections.stocktakes import Count, Line, OpenStocktake, Review
from tests.cast import Office


@dataclass(slots=True)
class Thing:
    """An asset and what its label holds."""

    id: UUID
    code: str
    number: str


@dataclass(slots=True)
class Phone:
    """A person's phone: every operation gets its next number; `device_id` stays."""

    by: Actor
    seq: int = 0

    def says(self, do: Operation, *, at: datetime, op_id: UUID | None = None, skew_s: int = 0) -> Request:
        """One recorded operation, not yet sent."""
        self.seq += 1
        envelope = {"clock_skew_s": skew_s} if skew_s else None
        return Request(do, self.by, op_id or uuid7(), occurred_at=at, device_seq=self.seq, envelope=envelope)


def send(requests: Iterable[Request], *, at: datetime | None = None) -> list[Outcome]:
    """The phone's batch reaches the server at `at` (default now)."""
    return perform_requests([replace(request, received_at=at or clock.now()) for request in requests])


@dataclass(slots=True)
class Stage:
    office: Office
    things: dict[str, Thing] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)

    def asset(
        self,
        number: str,
        room: str | None,
        *,
        name: str = "投影仪",
        value: int | None = 500_00,
        net: int | None = 300_00,
        keeper: Actor | None = None,
        **more: Any,
    ) -> Thing:
        register = assets.RegisterAsset(
            number=number, name=name, place_id=self.office.places[room] if room else None, value_cents=value, net_value_cents=net,
            keeper_id=keeper.person_id if keeper else None, **more,
        )  # fmt: skip
        asset_id = UUID(self.office.do(register, self.office.bo)["asset_id"])
        self.things[number] = Thing(asset_id, self.office.label(SubjectKind.ASSET, asset_id), number)
        return self.things[number]

    def open(self, *rooms: str, mode: str = "guided", kind: str = "asset", by: Actor | None = None) -> UUID:
        open_it = OpenStocktake(kind=kind, place_ids=tuple(self.office.places[room] for room in rooms), mode=mode)
        return UUID(self.office.do(open_it, by or self.office.ann)["stocktake_id"])

    def phone(self, by: Actor, name: str = "") -> Phone:
        device_id = uuid7()
        assert by.person_id is not None
        self.office.do(devices.EnrolPhone(device_id=device_id, name=name or f"{by.name}的手机", person_id=by.person_id), SYSTEM)
        return Phone(replace(by, device_id=device_id))

    def count(self, stocktake: UUID, thing: Thing | str, room: str, quantity: int | None = None) -> Count:
        code = thing if isinstance(thing, str) else thing.code
        return Count(stocktake_id=stocktake, code=code, place_id=self.office.places[room], quantity=quantity)

    def seen(self, stocktake: UUID, thing: Thing | str, room: str, by: Actor, quantity: int | None = None) -> Any:
        """Count at once, without a phone."""
        return self.office.do(self.count(stocktake, thing, room, quantity), by)

    def review(self, stocktake: UUID) -> Review:
        return self.office.read(lambda s: stocktakes.review(s, stocktakes.get(s, stocktake)))

    def line(self, stocktake: UUID, number: str) -> Line:
        found = [line for line in self.review(stocktake).lines if line.number == number]
        assert len(found) == 1, found
        return found[0]

    def session(self, stocktake: UUID) -> stocktakes.Stocktake:
        return self.office.read(stocktakes.get, stocktake)

    def decide(self, stocktake: UUID, line: Line, decision: str = "accept", **more: Any) -> None:
        self.office.do(stocktakes.DecideLine(stocktake_id=stocktake, line_id=line.line_id, decision=decision, **more), self.office.ann)

    def close(self, stocktake: UUID, **more: Any) -> Any:
        return self.office.do(stocktakes.CloseStocktake(stocktake_id=stocktake, **more), self.office.ann)

    def settle(self, stocktake: UUID) -> Any:
        """Close, accept every difference, approve by the leader."""
        self.close(stocktake)
        for line in self.review(stocktake).differences:
            self.decide(stocktake, line)
        return self.office.do(stocktakes.ApproveStocktake(stocktake_id=stocktake), self.office.chen)
