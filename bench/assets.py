"""What 100,000 assets cost to search as one types and to show, beside the bare indexed SQL on the same rows in the same run (performance.md, Reading).

`asset_search_*`: from the typed word to the fifty rows of the register with names, labels and paths, for words one meets rarely and words everybody
types; the reference is one hand-written statement over the same index, through the driver, that answers the same fifty rows. `asset_register_page`:
the first fifty rows with chips and sums; the reference is the same two statements by hand. Goals ≤ 2. `asset_index`: bringing assets into the index."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.bookings import office_on
from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms import labels, people, pinyin
from core.mechanisms.labels import Label, SubjectKind
from core.mechanisms.views import Query
from core.sections import assets
from core.sections.assets import Asset, AssetState, index
from tests.cast import Office

Line = tuple[str, float, str, float | None, str]
MANY = 100_000
NAMES = (
    "激光打印机",
    "办公椅",
    "会议桌",
    "笔记本电脑",
    "台式计算机",
    "投影仪",
    "文件柜",
    "碎纸机",
    "空调机",
    "显示器",
    "复印机",
    "保密柜",
    "针式打印机",
    "电子白板",
)
MODELS = ("M404", "CB-FH52", "ThinkPad X1", "T14 Gen 3", "OptiPlex 7090", "LaserJet Pro", "HR-200")
BRANDS = ("联想", "惠普", "戴尔", "爱普生", "格力", "震旦")
RARE = ("004123", "sn12345", "zc-2019-0301", "77777", "林晓梅 41 打", "电子白板 hr200 20190")
COMMON = ("打", "打印", "打印机", "jg", "jgdyj", "2025", "zc-2025", "thinkpad", "联想", "bgy", "302", "林晓梅")
EVERYBODY = ("z", "zc", "2")


def run() -> list[Line]:
    """Every line of this bench."""
    with tempfile.TemporaryDirectory() as folder, office_on(f"sqlite:///{(Path(folder) / 'assets.db').as_posix()}") as office:
        taken = fill(office)
        found: list[Line] = [("asset_index", MANY / taken, "assets/s", None, "-")]
        for name, words in (("rare", RARE), ("common", COMMON), ("everybody", EVERYBODY)):
            ours, bare = zip(*(searched(office, word) for word in words), strict=True)
            found.append(
                (f"asset_search_{name}", statistics.mean(ours) * 1000, "ms", statistics.mean(ours) / statistics.mean(bare), "bare sql")
            )
        return [*found, register_page(office)]


def fill(office: Office) -> float:
    """Assets of ten years, as rows; answers the seconds that the index alone took."""
    dice = random.Random(41)
    keepers = [office.mei.person_id, *(uuid7() for _ in range(300))]
    rooms = list(office.places.values())
    keys = {name: pinyin.keys(name) for name in NAMES}
    people_rows, rows, codes, texts = [], [], [], []
    for number, id in enumerate(keepers[1:]):
        people_rows.append(
            {
                "id": id,
                "name": f"人员{number}",
                "pinyin": f"renyuan{number}",
                "initials": f"ry{number}",
                "version": 1,
                "english_name": "",
                "email": "",
                "phone": "",
                "extension": "",
            }
        )
    start = date(2016, 1, 1)
    for number in range(MANY):
        id, name, bought = uuid7(), dice.choice(NAMES), start + timedelta(days=number * 3900 // MANY)
        row = {
            "id": id, "number": f"ZC-{bought.year}-{number:06d}", "name": name, "spec": dice.choice(MODELS), "serial": f"SN{dice.randint(10**9, 10**10 - 1)}",
            "class_code": "A02021003", "bought_on": bought, "value_cents": dice.randint(10**4, 10**6), "net_value_cents": None, "supplier": "",
            "department_id": office.departments["办公室"], "keeper_id": dice.choice(keepers), "place_id": dice.choice(rooms),
            "state": AssetState.IN_USE if number % 9 else AssetState.IDLE, "photo_sha256": "", "pinyin": keys[name].full, "initials": keys[name].initials,
            "brand": dice.choice(BRANDS), "got_how": "purchase", "life_months": 72, "salvage_cents": None, "invoice": "", "warranty_until": None, "remark": "",
            "bulk": False, "quantity": 1, "unit": "", "parent_id": None, "left_on": None, "created_at": clock.now(), "updated_at": clock.now(), "version": 1,
        }  # fmt: skip
        rows.append(row)
        codes.append(
            {
                "code": labels.new_code(),
                "state": "active",
                "subject_kind": SubjectKind.ASSET,
                "subject_id": id,
                "issued_at": clock.now(),
                "reason": "",
            }
        )
        texts.append((id, [name, keys[name].full, keys[name].initials, row["number"], row["spec"], row["brand"], row["serial"]]))
    with database.writing() as s:
        for one in people_rows:
            s.add(people.Person(**{name: value for name, value in one.items() if hasattr(people.Person, name)}))
        s.flush()
        database.insert_rows(s, Asset.__table__, rows)  # type: ignore[attr-defined]
        database.insert_rows(s, Label.__table__, list({row["code"]: row for row in codes}.values()))  # type: ignore[attr-defined]
    begin = time.perf_counter()
    for part in range(0, MANY, 1000):
        lines = []
        for id, said in texts[part : part + 1000]:
            folded = [one for one in map(index.fold, said) if one]
            lines.append({"asset_id": id, "folded": "\n".join(folded), "grams": " ".join(sorted(index.grams_of(folded)))})
        with database.writing() as s:
            database.insert_rows(s, index.AssetFind.__table__, lines)  # type: ignore[attr-defined]
    taken = time.perf_counter() - begin
    with database.writing() as s:
        s.connection().exec_driver_sql("ANALYZE")
    return taken


def best(work: Callable[[], Any], times: int = 7) -> float:
    work()
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


COLUMNS = (
    "a.id, a.number, a.name, a.spec, a.serial, a.class_code, a.bought_on, a.value_cents, a.net_value_cents, a.supplier, a.state, a.photo_sha256, a.brand, "
    "a.got_how, a.life_months, a.salvage_cents, a.invoice, a.warranty_until, a.remark, a.bulk, a.quantity, a.unit, a.version, a.created_at, a.updated_at, "
    "d.name, p.name, pl.name, up.name, top.name, l.code"
)
JOINS = (
    "LEFT JOIN department d ON d.id = a.department_id LEFT JOIN person p ON p.id = a.keeper_id LEFT JOIN place pl ON pl.id = a.place_id "
    "LEFT JOIN place up ON up.id = pl.parent_id LEFT JOIN place top ON top.id = up.parent_id "
    "LEFT JOIN label l ON l.subject_id = a.id AND l.subject_kind = 'asset' AND l.state = 'active'"
)


def searched(office: Office, question: str) -> tuple[float, float]:
    """Seconds of ours and of the bare statement; both must answer the same assets."""

    def ours() -> list[UUID]:
        with database.reading() as s:
            return [row.id for row in assets.COLLECTION.list(s, Query(q=question, limit=50), office.bo).items]

    meanings, values = [], []
    for part in question.split():
        key = index.fold(part)
        grams = [key] if len(key) <= 3 else sorted({key[i : i + 3] for i in range(len(key) - 2)})
        exact = " AND instr(f.folded, ?) > 0" if len(key) > 3 else ""
        meanings.append(
            f"(a.id IN (SELECT f.asset_id FROM asset_find_fts s JOIN asset_find f ON f.id = s.rowid WHERE s.asset_find_fts MATCH ?{exact}) "
            "OR a.keeper_id IN (SELECT id FROM person WHERE instr(name, ?) > 0 OR lower(number) = ?) "
            "OR a.place_id IN (SELECT id FROM place WHERE instr(name, ?) > 0 OR lower(short_name) = ?))"
        )  # fmt: skip
        values += [" AND ".join(f'"{gram}"' for gram in grams), *([key] if exact else []), part, part.lower(), part, part.lower()]
    inner = f"SELECT a.id FROM asset a WHERE {' AND '.join(meanings)} ORDER BY a.number LIMIT 50"
    statement = f"SELECT {COLUMNS} FROM asset a {JOINS} WHERE a.id IN ({inner}) ORDER BY a.number"
    engine = database.engine()

    def bare() -> list[Any]:
        with engine.connect() as connection:
            return list(connection.connection.cursor().execute(statement, values).fetchall())

    got, want = ours(), bare()
    assert {id.hex for id in got} == {row[0] for row in want} and len(got) > 0, (question, len(got), len(want))
    return best(ours), best(bare)


def register_page(office: Office) -> Line:
    """The page a clerk sees first: rows, chips, sums."""
    query = Query(limit=50)

    def ours() -> int:
        with database.reading() as s:
            wanted = assets.filter_of(query, office.bo)
            page = assets.COLLECTION.list(s, query, office.bo)
            return len(page.items) + sum(one.rows for one in assets.figures(s, wanted).values())

    last = clock.today().year * 12 + clock.today().month
    months = (
        f"min(max({last} - (CAST(strftime('%Y', bought_on) AS INTEGER) * 12 + CAST(strftime('%m', bought_on) AS INTEGER)), 0), life_months)"
    )
    statements = (
        f"SELECT {COLUMNS} FROM asset a {JOINS} ORDER BY a.number LIMIT 51",
        f"SELECT state, count(*), sum(quantity), sum(value_cents), sum(value_cents - (value_cents - coalesce(salvage_cents, 0)) * {months} / life_months) FROM asset GROUP BY state",
    )
    engine = database.engine()

    def bare() -> None:
        with engine.connect() as connection:
            cursor = connection.connection.cursor()
            for statement in statements:
                cursor.execute(statement).fetchall()

    mine, theirs = best(ours), best(bare)
    return ("asset_register_page", mine * 1000, "ms", mine / theirs, "bare sql")
