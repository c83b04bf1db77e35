"""What an office chose for its kiosks: words and pictures of the first screen, and what differs from one kiosk to the next (look.md §6).

Pictures are attachments: decoded and drawn anew before they are kept, so that nothing but the picture itself reaches a screen. A set of pictures has a
name; a kiosk shows one set. Sound is off unless a kiosk's own setting says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import JSON, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import derived, uuid7
from core.mechanisms import attachments, devices
from core.mechanisms.attachments import Sha256
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.people import Language

MOST_PICTURES = 12
Title = Annotated[str, StringConstraints(max_length=24)]
Lines = Annotated[str, StringConstraints(max_length=160)]
SetName = Annotated[str, StringConstraints(max_length=40)]


class KioskWords(SQLModel, table=True):
    """The first screen's words in one language; empty ones are Foyer's own."""

    __tablename__: ClassVar[str] = "kiosk_words"
    language: str = Field(primary_key=True)
    title: str = ""
    lines: str = ""


class KioskPicture(SQLModel, table=True):
    """One picture of the first screen, seen through the gate. `position` orders a set."""

    __tablename__: ClassVar[str] = "kiosk_picture"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    sha256: str
    set_name: str = Field(default="", index=True)
    position: int = 0
    added_at: datetime
    added_by: UUID | None = None


class KioskProfile(SQLModel, table=True):
    """What one kiosk does differently."""

    __tablename__: ClassVar[str] = "kiosk_profile"
    device_id: UUID = Field(primary_key=True)
    sound: bool = False
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    picture_set: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    lines: str


@dataclass(frozen=True, slots=True)
class Picture:
    id: UUID
    sha256: str
    set_name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kiosk shows and does: its languages in order, its pictures' hashes in order."""

    sound: bool
    languages: tuple[str, ...]
    picture_set: str
    pictures: tuple[str, ...]


class SetWords(Operation):
    """All languages at once; an empty text brings Foyer's own words back."""

    titles: dict[Language, Title]
    lines: dict[Language, Lines]

    @model_validator(mode="after")
    def _all_languages(self) -> SetWords:
        if set(self.titles) != set(LANGUAGES) or set(self.lines) != set(LANGUAGES):
            raise ValueError("notice.languages")
        return self


@operation(SetWords, "kiosk.set_words", roles={Role.ADMIN})
def set_words(s: Session, do: SetWords, by: Actor, at: datetime) -> None:
    """What every kiosk says on its first screen from its next visitor on."""
    for language in LANGUAGES:
        s.merge(KioskWords(language=language, title=do.titles[language], lines=do.lines[language]))
    touch(s, "kiosk_face", derived("kiosk_face"))


class AddPicture(Operation):
    sha256: Sha256
    set_name: SetName = ""


@operation(AddPicture, "kiosk.add_picture", roles={Role.ADMIN})
def add_picture(s: Session, do: AddPicture, by: Actor, at: datetime) -> dict[str, Any]:
    """A picture at the end of its set. Refuses: kiosk.picture_unknown, kiosk.not_a_picture, kiosk.too_many_pictures"""
    stored = attachments.known(s, do.sha256)
    if stored is None:
        raise Refused("kiosk.picture_unknown")
    if not stored.media_type.startswith("image/"):
        raise Refused("kiosk.not_a_picture")
    number = int(s.execute(select(func.count()).select_from(KioskPicture).where(col(KioskPicture.set_name) == do.set_name)).scalar_one())
    if number >= MOST_PICTURES:
        raise Refused("kiosk.too_many_pictures", most=MOST_PICTURES)
    picture = KioskPicture(sha256=do.sha256, set_name=do.set_name, position=number, added_at=at, added_by=by.person_id)
    s.add(picture)
    s.flush()
    attachments.use(s, [do.sha256], "kiosk_picture", picture.id, by, at)
    touch(s, "kiosk_face", derived("kiosk_face"))
    return {"picture_id": picture.id}


class RemovePicture(Operation):
    picture_id: UUID


@operation(RemovePicture, "kiosk.remove_picture", roles={Role.ADMIN})
def remove_picture(s: Session, do: RemovePicture, by: Actor, at: datetime) -> None:
    """The picture goes, its file too when nothing else shows it."""
    picture = s.get(KioskPicture, do.picture_id)
    if picture is not None:
        attachments.erase_of(s, "kiosk_picture", [picture.id])
        s.delete(picture)
    touch(s, "kiosk_face", derived("kiosk_face"))


class SetProfile(Operation):
    """`languages` in the order in which the kiosk offers them; the first is not the office's language but the first button."""

    device_id: UUID
    sound: bool
    languages: Annotated[tuple[Language, ...], Input(min_length=1, max_length=3)]
    picture_set: SetName = ""

    @model_validator(mode="after")
    def _each_once(self) -> SetProfile:
        if len(set(self.languages)) != len(self.languages):
            raise ValueError("kiosk.language_twice")
        return self


@operation(SetProfile, "kiosk.set_profile", roles={Role.ADMIN})
def set_profile(s: Session, do: SetProfile, by: Actor, at: datetime) -> None:
    """Refuses: device.not_found, kiosk.not_a_kiosk, kiosk.set_unknown"""
    if devices.get(s, do.device_id).role != Role.KIOSK:
        raise Refused("kiosk.not_a_kiosk")
    if do.picture_set and do.picture_set not in set_names(s):
        raise Refused("kiosk.set_unknown")
    profile = s.get(KioskProfile, do.device_id) or KioskProfile(device_id=do.device_id, version=0)
    profile.sound, profile.languages, profile.picture_set = do.sound, list(do.languages), do.picture_set
    profile.version += 1
    s.add(profile)
    touch(s, "kiosk_face", do.device_id)


# ── reads ──


def words(s: Session, language: str) -> Words:
    """The office's own words in a language; empty where it has none."""
    found = s.get(KioskWords, language)
    return Words(found.title, found.lines) if found else Words("", "")


def pictures(s: Session, set_name: str | None = None) -> Sequence[Picture]:
    """All pictures by set and order, or those of one set."""
    query = select(KioskPicture).order_by(col(KioskPicture.set_name), col(KioskPicture.position), col(KioskPicture.id))
    if set_name is not None:
        query = query.where(col(KioskPicture.set_name) == set_name)
    return [Picture(row.id, row.sha256, row.set_name) for row in s.execute(query).scalars()]


def set_names(s: Session) -> list[str]:
    """The names of sets, the unnamed one first."""
    return sorted(set(s.execute(select(KioskPicture.set_name)).scalars()))


def of(s: Session, device_id: UUID | None) -> Profile:
    """A kiosk's profile, or what a kiosk without one does: silent, all languages, the unnamed set."""
    found = s.get(KioskProfile, device_id) if device_id is not None else None
    name = found.picture_set if found else ""
    languages = tuple(one for one in found.languages if one in LANGUAGES) if found else ()
    return Profile(bool(found and found.sound), languages or LANGUAGES, name, tuple(one.sha256 for one in pictures(s, name)))


@attachments.shown_with("kiosk_picture")
def may_see(s: Session, id: UUID, by: Actor) -> bool:
    """Whoever stands before a kiosk sees its pictures."""
    return by.has(Role.KIOSK, Role.ADMIN)
