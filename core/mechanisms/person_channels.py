"""The chats a person wants to be told in, beside mail: their own WeCom, DingTalk, Feishu, Slack, Teams or ntfy (issue 5, telling the host).

What is kept is sealed with the office's secret, because whoever has such an address can write into that chat; screens see the service and its last
four signs. Where the address may point to is `channels`' rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import vault
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import chats, people
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch

MOST = 3


class PersonChannel(SQLModel, table=True):
    """One chat of one person."""

    __tablename__: ClassVar[str] = "person_channel"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    service: str
    sealed: str
    hint: str = ""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelView:
    """`service` is a key ending (channel.service.…), `hint` the last signs of the address."""

    id: UUID
    service: str
    hint: str


class AddChannel(Operation):
    """`address`: the web-hook address the chat service shows, or apprise's own form; `secret`: what a robot's signature is made with. `person_id` is left out for oneself."""

    person_id: UUID | None = None
    service: Annotated[str, StringConstraints(pattern="^[a-z]+$", max_length=20)]
    address: Annotated[str, StringConstraints(min_length=4, max_length=1000)]
    secret: Annotated[str, StringConstraints(max_length=200)] = ""


@operation(AddChannel, "channel.add", roles=PERSON_ROLES, personal=True)
def add(s: Session, do: AddChannel, by: Actor, at: datetime) -> dict[str, Any]:
    """For oneself; administrators for anybody. Refuses: channel.bad_address, channel.too_many"""
    person_id = _whose(do.person_id, by)
    people.get(s, person_id)
    address = chats.chat_address(do.service, do.address, do.secret)
    if not address:
        raise Refused("channel.bad_address")
    if s.execute(select(func.count()).select_from(PersonChannel).where(col(PersonChannel.person_id) == person_id)).scalar_one() >= MOST:
        raise Refused("channel.too_many", most=MOST)
    hint = "".join(sign for sign in do.address if sign.isalnum())[-4:]
    row = PersonChannel(person_id=person_id, service=do.service, sealed=vault.seal(address), hint=hint, made_at=at)
    s.add(row)
    touch(s, "person", person_id)
    return {"channel_id": row.id}


class RemoveChannel(Operation):
    channel_id: UUID


@operation(RemoveChannel, "channel.remove", roles=PERSON_ROLES)
def remove(s: Session, do: RemoveChannel, by: Actor, at: datetime) -> None:
    """One's own; administrators anybody's."""
    row = s.get(PersonChannel, do.channel_id)
    if row is None:
        return
    touch(s, "person", _whose(row.person_id, by))
    s.delete(row)


def mine(s: Session, channel_id: UUID, by: Actor) -> PersonChannel | None:
    """One's own chat, or anybody's for administrators; None when it was taken away. Raises NotAllowed."""
    row = s.get(PersonChannel, channel_id)
    if row is not None:
        _whose(row.person_id, by)
    return row


def of(s: Session, person_id: UUID) -> list[PersonChannel]:
    """A person's chats, the oldest first."""
    query = (
        select(PersonChannel).where(col(PersonChannel.person_id) == person_id).order_by(col(PersonChannel.made_at), col(PersonChannel.id))
    )
    return list(s.execute(query).scalars())


def views(s: Session, person_id: UUID) -> list[ChannelView]:
    return [ChannelView(row.id, row.service, row.hint) for row in of(s, person_id)]


def services(s: Session, ids: set[UUID]) -> dict[UUID, str]:
    """Which service each of these chats is, for lists of what was sent where."""
    if not ids:
        return {}
    return {row.id: row.service for row in s.execute(select(PersonChannel).where(col(PersonChannel.id).in_(ids))).scalars()}


def address_of(s: Session, channel_id: UUID) -> str:
    """Where to send; empty when the person took the chat away meanwhile, or the secret is another one now."""
    row = s.get(PersonChannel, channel_id)
    return (vault.unseal(row.sealed) or "") if row is not None else ""


def _whose(person_id: UUID | None, by: Actor) -> UUID:
    whose = person_id or by.person_id
    if whose is None or (whose != by.person_id and not by.has(Role.ADMIN)):
        raise NotAllowed()
    return whose
