"""What the first release knew of hand-overs and repairs is still known after the update."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

import main
from core.foundation import database, migrations
from core.foundation.ids import uuid7
from core.mechanisms import custody
from core.sections import assets
from tests import postgres

WHEN = "2026-11-20 01:00:00.000000"


@pytest.fixture
def engine(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    """An office of the first release."""
    main.include_core()
    if database_kind == "sqlite":
        engine = database.make_engine(f"sqlite:///{tmp_path}/old.db")
    else:
        server: postgres.Server = request.getfixturevalue("postgres_server")
        server.drop("old")
        engine = database.make_engine(server.create("old", "template1"))
    migrations.upgrade(engine, "0001")
    return engine


@pytest.mark.proves("S4.1-R3", "S4.1-R5")
def test_hand_overs_and_repairs_of_the_first_release_are_carried_over(engine: Engine) -> None:
    sqlite = engine.dialect.name == "sqlite"
    mei, wu, kept, offered, booked, broken, offer, taking = (uuid7() for _ in range(8))
    shown = (lambda id: id.hex) if sqlite else str
    with engine.execution_options(foyer_write=True).connect() as connection, connection.begin():
        for person, name in ((mei, "林晓梅"), (wu, "吴桐")):
            connection.execute(text(
                "INSERT INTO person (id, name, english_name, pinyin, initials, email, phone, extension, language, version) "
                "VALUES (:id, :name, '', '', '', '', '', '', 'zh-Hans', 1)"
            ), {"id": shown(person), "name": name})  # fmt: skip
        for asset, number, keeper, state in (
            (kept, "A", wu, "in_use"),
            (offered, "B", None, "idle"),
            (booked, "C", mei, "in_use"),
            (broken, "D", None, "repair"),
        ):
            connection.execute(text(
                "INSERT INTO asset (id, number, name, spec, serial, class_code, supplier, keeper_id, state, photo_sha256, pinyin, initials, "
                "created_at, updated_at, version) VALUES (:id, :n, 'x', '', '', '', '', :k, :state, '', '', '', :at, :at, 1)"
            ), {"id": shown(asset), "n": number, "k": shown(keeper) if keeper else None, "state": state, "at": WHEN})  # fmt: skip
        row = text(
            "INSERT INTO asset_handover (id, asset_id, at, from_id, to_id, taken_of, note) VALUES (:id, :a, :at, NULL, :to, :of, '新工位')"
        )
        for id, asset, of in ((offer, kept, None), (taking, kept, offer), (uuid7(), offered, None)):
            connection.execute(row, {"id": shown(id), "a": shown(asset), "at": WHEN, "to": shown(wu), "of": shown(of) if of else None})
        connection.execute(text(
            "INSERT INTO asset_event (id, asset_id, at, kind, person_id, op_id, facts) VALUES (:id, :a, :at, 'fault', :p, :op, :facts)"
        ), {"id": shown(uuid7()), "a": shown(broken), "at": WHEN, "p": shown(mei), "op": shown(uuid7()), "facts": '{"what": "卡纸"}'})  # fmt: skip
    migrations.upgrade(engine)
    with Session(engine) as s:
        assert [(r.id, r.kind, r.offer_id, r.note) for r in custody.history(s, ("asset", kept))] == [
            (offer, "offered", None, "新工位"), (taking, "taken", offer, "新工位"),
        ]  # fmt: skip
        held = custody.holders(s, "asset", [kept, offered, booked, broken])
        assert {asset: found.person_id for asset, found in held.items()} == {kept: wu, booked: mei}
        waiting = custody.open_offer(s, ("asset", offered))
        assert waiting is not None and waiting.to_id == wu
        repair = assets.open_repair(s, broken)
        assert repair is not None and (repair.fault, repair.reported_by_id, repair.state) == ("卡纸", mei, "reported")
    engine.dispose()
