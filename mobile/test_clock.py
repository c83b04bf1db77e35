"""`POST /api/v1/test/clock`: moves the clock of a demo or test office (contract.md, FOYER_TEST_CLOCK). Never part of a real office's server."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from core.foundation import clock, jobs, live
from core.foundation.live import Change
from core.web import connect

router = APIRouter()


class Moment(BaseModel):
    now: AwareDatetime


@router.post("/v1/test/clock", tags=["test"], summary="Move the clock of a test office")
async def move_clock(body: Moment) -> dict[str, Any]:
    """Moves the server's clock, tells every screen the new offset, runs the jobs that are due, then answers."""
    moment: datetime = body.now
    clock.move_to(moment)
    await connect.tell_time()
    live.publish([Change("clock", "moved")])
    await asyncio.to_thread(jobs.run_due, clock.now(), everything=True)
    return {"now": clock.now().isoformat()}
