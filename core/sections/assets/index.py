"""What assets are found by, in an index that answers any part of a word at once: letters, 汉字, pinyin, numbers (house.md §5).

`fold` brings texts and questions to one form (width, case, marks and spaces gone). Of every text all runs of one, two and three signs are kept, so
that 打印, `dyj` and `0041` are each a look-up: SQLite keeps them in an FTS5 table, PostgreSQL in a GIN index over an array. A question longer than
three signs asks for all its runs of three, and the text itself decides. Why not the databases' own trigrams: most Chinese words have two signs,
and there they read the whole table. Measured with 100,000 assets: DECISIONS.md, 2026-11-25.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, Integer, Text, bindparam, column, delete, func, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement, Select
from sqlalchemy.sql.elements import TextClause
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database

MOST_SIGNS = 1_000  # of all texts of one asset together
LONGEST = 3


class AssetFind(SQLModel, table=True):
    """One asset's texts as they are searched: `folded`, one a line, and their `grams`, separated by spaces."""

    __tablename__: ClassVar[str] = "asset_find"
    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    asset_id: UUID = Field(unique=True)
    folded: str
    grams: str


database.ddl(
    "asset_find",
    sqlite=(
        "CREATE VIRTUAL TABLE asset_find_fts USING fts5(grams, content='asset_find', content_rowid='id', tokenize='ascii', detail=none, columnsize=0)",
        "CREATE TRIGGER asset_find_added AFTER INSERT ON asset_find BEGIN "
        "INSERT INTO asset_find_fts(rowid, grams) VALUES (new.id, new.grams); END",
        "CREATE TRIGGER asset_find_gone AFTER DELETE ON asset_find BEGIN "
        "INSERT INTO asset_find_fts(asset_find_fts, rowid, grams) VALUES ('delete', old.id, old.grams); END",
        "CREATE TRIGGER asset_find_changed AFTER UPDATE ON asset_find BEGIN "
        "INSERT INTO asset_find_fts(asset_find_fts, rowid, grams) VALUES ('delete', old.id, old.grams); "
        "INSERT INTO asset_find_fts(rowid, grams) VALUES (new.id, new.grams); END",
    ),
    postgresql=("CREATE INDEX asset_find_grams ON asset_find USING gin (string_to_array(grams, ' '))",),
)  # fmt: skip


def fold(said: str) -> str:
    """`ＺＣ-2026 联想` → `zc2026联想`: letters and digits of any script, lower case, half width, without accents."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", said).replace("ü", "v").replace("Ü", "v")).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LN")


def grams_of(folded: Iterable[str]) -> set[str]:
    """All runs of one to three signs of these texts."""
    return {one[start : start + size] for one in folded for size in range(1, LONGEST + 1) for start in range(len(one) - size + 1)}


def keep(s: Session, asset_id: UUID, texts: Iterable[str]) -> None:
    """Let an asset be found by these texts, and by no others."""
    folded = "\n".join(dict.fromkeys(one for one in map(fold, texts) if one))[:MOST_SIGNS]
    found = s.execute(select(AssetFind).where(col(AssetFind.asset_id) == asset_id)).scalar_one_or_none()
    if found is not None and found.folded == folded:
        return
    grams = " ".join(sorted(grams_of(folded.split("\n"))))
    if found is None:
        s.add(AssetFind(asset_id=asset_id, folded=folded, grams=grams))
    else:
        found.folded, found.grams = folded, grams


def forget(s: Session, asset_id: UUID) -> None:
    """An asset that is taken away is not found any more."""
    s.execute(delete(AssetFind).where(col(AssetFind.asset_id) == asset_id))


def met(s: Session, key: str, *, most: int) -> int:
    """How many assets hold `key`, counted up to `most`. In SQLite a short key is counted in the index alone, which need not read one row."""
    counted = matching(key)
    if database.dialect() == database.SQLITE and len(key) <= LONGEST:
        counted = select(column("rowid", Integer)).select_from(table("asset_find_fts")).where(_match([key]))
    return int(s.execute(select(func.count()).select_from(counted.limit(most).subquery())).scalar_one())


def matching(key: str) -> Select[Any]:
    """The ids of the assets one of whose texts holds `key` (folded, not empty)."""
    query = select(col(AssetFind.asset_id))
    wanted = [key] if len(key) <= LONGEST else sorted({key[start : start + LONGEST] for start in range(len(key) - LONGEST + 1)})
    if database.dialect() == database.SQLITE:
        fts = table("asset_find_fts", column("rowid", Integer))
        # Rows of the index first, then the text of each: the question never reads the whole table.
        query = query.select_from(fts).join(AssetFind, col(AssetFind.id) == fts.c.rowid)
        query = query.where(_match(wanted))
    else:
        asked: Any = bindparam("grams", wanted, ARRAY(Text), unique=True)
        query = query.where(text("string_to_array(asset_find.grams, ' ') @> :grams").bindparams(asked))
    return query.where(holds(key)) if len(key) > LONGEST else query


def _match(grams: Iterable[str]) -> TextClause:
    asked: Any = bindparam("grams", " AND ".join(f'"{gram}"' for gram in grams), unique=True)
    return text("asset_find_fts MATCH :grams").bindparams(asked)


def holds(key: str) -> ColumnElement[bool]:
    """That a row's texts hold `key`, without the index."""
    position = func.instr(AssetFind.folded, key) if database.dialect() == database.SQLITE else func.strpos(AssetFind.folded, key)
    return position > 0
