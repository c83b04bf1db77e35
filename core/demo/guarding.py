"""What the front desk of the sample office looks after: a list of those who are to be held, one of them who came, a repairer who waits for a yes, what the
kiosk took while it could not reach the server, and rooms to which a visit asks more."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.demo import visiting
from core.demo.days import Day
from core.foundation import vault
from core.foundation.ids import derived
from core.sections import visits
from core.sections.visits import blocklist, offline, types

# name, phone, reason, days it lasts (None: until somebody takes it off)
HELD = (
    ("马国梁", "13971110008", "两次纠缠窗口人员，来访先请前台负责人", None),
    ("Viktor Hahn", "", "合同纠纷期间，由法务接待", 60),
    ("", "13800139999", "推销骚扰，只记电话", 120),
)
# Room, documents to sign there, whether somebody must say yes; in both the visitor is escorted.
ROOMS: tuple[tuple[str, tuple[str, ...], bool], ...] = (("305", (), False), ("107", ("safety",), True))


def tell(day: Day) -> None:
    """The lists once for ever, the people once a day."""
    house, admin = day.house, day.house.actors["admin"]
    founded = house.founded + timedelta(days=1)
    for number, (name, phone, reason, lasts) in enumerate(HELD):
        until_on = day.date + timedelta(days=lasts) if lasts else None
        if not house.story.was_told(f"block/{number}"):
            entry = blocklist.AddBlock(name=name or None, phone=phone, reason=reason, until_on=until_on)
            day.tell(f"block/{number}", entry, admin, day.until - timedelta(days=20 - number))
    for room, documents, approval in ROOMS:
        asks = types.SetUpVisitRoom(place_id=house.rooms[room], documents=documents, approval=approval, escort=True)
        house.story.later(f"visit-room/{room}", asks, admin, founded)
    house.story.flush()
    _at_the_kiosk(day)
    _without_the_server(day)


def _at_the_kiosk(day: Day) -> None:
    """One who is on the list, in another spelling, and a repairer whose host has not said yes."""
    kiosk, staff = day.house.actors["kiosk"], day.house.actors["staff"].person_id
    dice = day.house.rng("guarding", day.date)
    signed = visiting.signature(dice)
    known = visits.CheckIn(name="馬國梁", company="个人", phone="139 7111 0008", purpose="反映情况", host=str(staff), consent=signed)
    day.tell(f"now/held/{day.date}", known, kiosk, max(day.at(0, 1), day.until - timedelta(minutes=6)))
    repairer = visits.CheckIn(
        name="谭永福", company="江城电梯维保", phone="13627180033", purpose="电梯季度保养", type="contractor", host=str(staff), consent=signed,
        consents=(visiting.signature(dice, "safety"),),
    )  # fmt: skip
    day.tell(f"now/asked/{day.date}", repairer, kiosk, max(day.at(0, 2), day.until - timedelta(minutes=4)))


def _without_the_server(day: Day) -> None:
    """Two who came while the kiosk could not reach the server this morning: one is a visit by now, of the other nobody knows whom she came to see."""
    with_host = {"name": "段晓琳", "company": "滨湖设计院", "host_words": "林晓梅", "purpose": "送图纸"}
    nobody = {"name": "孔令仪", "company": "市档案学会", "host_words": "王处长", "purpose": "商量讲座"}
    for number, said in enumerate((with_host, nobody)):
        key = f"now/offline/{day.date}/{number}"
        box = _sealed({"kind": "arrival", "language": "zh-Hans", **said}, derived("demo", key), key)
        day.tell(
            key, offline.KeepOffline(box=box), day.house.actors["kiosk"], max(day.at(0, 3), day.until - timedelta(minutes=48 - number))
        )


def _sealed(said: dict[str, str], op_id: UUID, seed: str) -> str:
    """As the kiosk's browser seals it (kiosk/welcome/offline/static/queue.js), but the same each time: a sample office tells one story."""
    x, y = vault.box_key()
    theirs = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    ours = ec.derive_private_key(int.from_bytes(hashlib.sha256(seed.encode()).digest()) >> 1 or 1, ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(algorithm=SHA256(), length=32, salt=point, info=b"foyer box").derive(ours.exchange(ec.ECDH(), theirs))
    iv = hashlib.sha256(point).digest()[:12]
    inside = json.dumps(said, ensure_ascii=False).encode()
    return base64.b64encode(point + iv + AESGCM(key).encrypt(iv, inside, str(op_id).encode())).decode()
