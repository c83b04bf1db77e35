"""Words that an older version kept in the append-only log are taken out by a step of the schema, and by nothing else (security.md, Visitor data)."""

from __future__ import annotations

import importlib
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.foundation import clock, database
from tests.cast import Office

step = importlib.import_module("core.foundation.migrations.versions.v0250_words_about_persons_that_an_older_version_kept")
_ROW = """insert into operation (op_id, kind, payload_hash, payload, occurred_at, received_at, status, facts)
          values (:id, :kind, 'x', :payload, :at, :at, 'accepted', '{}')"""


@pytest.mark.proves("SEC 16", "S3.1-R7")
def test_an_older_logs_words_about_a_visitor_go_and_everything_else_stays(office: Office) -> None:
    about, other = uuid4(), uuid4()
    assert "visit.invite" in step.KINDS and "booking.create" not in step.KINDS
    with database.writing() as s:
        for id, kind in ((about, "visit.invite"), (other, "booking.create")):
            key = id.hex if database.engine().dialect.name == "sqlite" else str(id)
            s.execute(text(_ROW), {"id": key, "kind": kind, "payload": '{"name": "李文博"}', "at": clock.now()})
    with database.engine().begin() as connection:
        assert step.forget(connection) == 1
        assert step.forget(connection) == 0
    with database.reading() as s:
        left = dict(s.execute(text("select kind, payload from operation where payload_hash = 'x'")).all())
    assert left["visit.invite"] is None and "李文博" in str(left["booking.create"])
    with pytest.raises(DBAPIError), database.writing() as s:  # the log refuses as before
        s.execute(text("update operation set payload = null"))
