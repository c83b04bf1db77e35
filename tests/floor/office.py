"""A small office for the floor app's browser tests: the protocol of contract.md with a list for a database, and every failing network.

The app talks to it as to the real server (`POST /api/v1/operations`, attachments, labels, the bundle); the test reads what arrived and sets
what goes wrong. A proxy stands before it, so that a line can be cut in the middle of an answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from core.foundation.errors import Invalid
from core.mechanisms.labels import SIGNS, check_sign
from mobile import decode
from mobile.floor import serve
from mobile.phone_clock import PhoneClock


def seal_key(person: str) -> bytes:
    """The key of a person's sealed records in this small office."""
    return hashlib.sha256(person.encode()).digest()


MON_9AM = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


def code(number: int) -> str:
    """A valid label code that is always the same for `number`."""
    signs = ""
    for _ in range(7):
        number, place = divmod(number * 7919 + 104729, len(SIGNS))
        signs += SIGNS[place]
    return signs + check_sign(signs)


ROOM_301, ROOM_302, HALL = code(301), code(302), code(300)
CHAIRS = [code(1000 + n) for n in range(1, 8)]
OLD_CHAIR = code(999)
PEN, PAPER = code(2001), code(2002)
GAUGE_POINT, STAIR_POINT = code(3001), code(3002)
UNKNOWN = code(9001)
BLANK = code(9002)

GAUGE = {"id": "q-gauge", "text": "压力表指针在绿区吗？", "kind": "check", "required": True}
SEAL = {"id": "q-seal", "text": "铅封完好", "kind": "check", "required": True}
PRESSURE = {"id": "q-mpa", "text": "压力表读数", "kind": "number", "unit": "MPa", "min": 1.0, "max": 1.4, "required": True}


def bundle(now: datetime) -> dict[str, Any]:
    """What the phone of Zhou Qiming gets: three rooms, seven chairs, two supplies, a round of two points."""
    places = [
        {"id": "p-3", "label": HALL, "name": "三楼", "path": "办公楼", "parent_id": None, "kind": "floor"},
        {"id": "p-301", "label": ROOM_301, "name": "301 听雨厅", "path": "办公楼 三楼", "parent_id": "p-3", "kind": "room"},
        {"id": "p-302", "label": ROOM_302, "name": "302 办公室", "path": "办公楼 三楼", "parent_id": "p-3", "kind": "room"},
    ]
    names = ["人体工学椅", "打印机", "饮水机", "投影仪", "书柜", "碎纸机", "保险柜"]
    specs = ["震旦 A6", "惠普 M405", "美的 YR1801", "爱普生 CB-FH52", "六层", "得力 33668", "虎牌 60"]
    things = [
        {
            "kind": "asset",
            "id": f"a-{n}",
            "label": CHAIRS[n],
            "old_labels": [OLD_CHAIR] if n == 0 else [],
            "number": f"BG-{n:04}",
            "name": names[n],
            "spec": specs[n],
            "place_id": "p-301" if n == 2 else "p-302",
            "state": "in_use",
        }
        for n in range(7)
    ]
    supplies = [
        {"id": "s-pen", "label": PEN, "name": "中性笔", "spec": "0.5 黑", "unit": "支", "on_hand": 96, "limit": 5, "place_id": "p-301"},
        {
            "id": "s-paper",
            "label": PAPER,
            "name": "A4 复印纸",
            "spec": "70 克",
            "unit": "包",
            "on_hand": 40,
            "limit": None,
            "place_id": "p-301",
        },
    ]
    people = [
        {"id": "u-zhou", "name": "周启明", "department": "办公室"},
        {"id": "u-he", "name": "何静", "department": "财务科"},
        {"id": "u-wu", "name": "吴桐", "department": "后勤科"},
    ]
    expected = [
        {
            "line_id": f"l-{n}",
            "subject_id": f"a-{n}",
            "label": CHAIRS[n],
            "number": f"BG-{n:04}",
            "name": names[n],
            "spec": specs[n],
            "place_id": things[n]["place_id"],
            "counted": False,
        }
        for n in range(7)
    ]
    return {
        "now": now.isoformat(),
        "office": {"name": "临江区机关事务中心"},
        "person": {"id": "u-zhou", "name": "周启明", "roles": ["staff", "safety"]},
        "places": places,
        "things": things,
        "people": people,
        "supplies": supplies,
        "stocktakes": [
            {
                "id": "st-assets",
                "title": "三楼资产盘点",
                "kind": "asset",
                "mode": "guided",
                "due_on": "2026-11-30",
                "place_ids": ["p-3"],
                "total": 7,
                "expected": expected,
            },
            {
                "id": "st-supplies",
                "title": "库房盘点",
                "kind": "supply",
                "mode": "blind",
                "due_on": None,
                "place_ids": ["p-301"],
                "total": 2,
                "expected": None,
            },
        ],
        "inspections": [
            {
                "id": "in-fire",
                "title": "灭火器月检",
                "due_on": "2026-11-23",
                "template_version": 1,
                "points": [
                    {"id": "pt-stair", "label": STAIR_POINT, "name": "三楼东楼梯口", "place": "三楼", "questions": [SEAL, GAUGE]},
                    {"id": "pt-gauge", "label": GAUGE_POINT, "name": "机房门口", "place": "三楼", "questions": [SEAL, PRESSURE]},
                ],
            },
        ],
        "duties": 2,
    }


@dataclass
class Office:
    """The list of what arrived, and the switches for what goes wrong. All times in UTC."""

    now: datetime = MON_9AM
    log: dict[str, dict[str, Any]] = field(default_factory=dict)  # op_id → the first content judged
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    reused: list[dict[str, Any]] = field(default_factory=list)  # the same id with other content
    batches: list[dict[str, Any]] = field(default_factory=list)
    refuse: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)  # label code → refusal
    faults: list[Any] = field(default_factory=list)  # answers to give instead, one per POST of operations
    blobs: dict[str, bytearray] = field(default_factory=dict)
    blob_parts: list[tuple[str, int]] = field(default_factory=list)
    cut_blob_after: int | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    highest_seq: int = 0
    pins: dict[str, str] = field(default_factory=dict)
    pin_tries: int = 0
    issued: Any = field(default_factory=lambda: itertools.count(1))

    def ops(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Accepted operations, by their number on the phone."""
        found = [op for op_id, op in self.log.items() if self.answers[op_id]["status"] == "accepted" and kind in (None, op["kind"])]
        return sorted(found, key=lambda op: op["device_seq"])

    def judge(self, op: dict[str, Any], clock: str = "", person: str = "") -> dict[str, Any]:
        if "sealed" in op:
            data = base64.b64decode(op["sealed"])
            op = json.loads(AESGCM(seal_key(person)).decrypt(data[:12], data[12:], op["op_id"].encode())) | {"came_sealed": True}
        op = op | {"at": PhoneClock.of(clock, self.now).correct(op, datetime.fromisoformat(op["occurred_at"]))}
        known = self.log.get(op["op_id"])
        if known is not None:
            if (known["kind"], known["payload"]) != (op["kind"], op["payload"]):
                self.reused.append(op)
                return {
                    "op_id": op["op_id"],
                    "status": "invalid",
                    "code": "op.reused",
                    "message": "op.reused",
                    "facts": {},
                    "result": None,
                    "repeated": False,
                }
            return self.answers[op["op_id"]] | {"repeated": True}
        status, why, facts = "accepted", None, {}
        refusal = self.refuse.get(op["payload"].get("code", ""))
        if refusal:
            status, (why, facts) = "refused", refusal
        elif set(op.get("attachments") or ()) - set(self.complete()):
            facts = {"evidence_pending": True}
        answer = {"op_id": op["op_id"], "status": status, "code": why, "message": why, "facts": facts, "result": {}, "repeated": False}
        self.log[op["op_id"]], self.answers[op["op_id"]] = op, answer
        return answer

    def complete(self) -> list[str]:
        return [sha for sha, data in self.blobs.items() if hashlib.sha256(data).hexdigest() == sha]


def application(office: Office) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def note(request: Request, call_next: Any) -> Any:
        office.asked.append((request.method, request.url.path))
        answer = await call_next(request)
        answer.headers["Foyer-Now"] = office.now.isoformat()
        return answer

    def signed_in(request: Request, sending: bool = False) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if token.startswith("up-") and not sending else office.tokens.get(token)

    unauthorised = {"type": "about:blank", "title": "Sign in", "status": 401, "code": "session.required", "detail": "", "facts": {}}

    @app.post("/api/v1/session")
    async def session(request: Request) -> JSONResponse:
        body = await request.json()
        people = {
            "staff": {"id": "u-zhou", "name": "周启明", "roles": ["staff", "safety"]},
            "clerk": {"id": "u-he", "name": "何静", "roles": ["clerk"]},
        }
        if "pin" in body:
            person = next((one for one in people.values() if one["id"] == body["person_id"]), None)
            if office.pin_tries >= 3:
                return JSONResponse(
                    {"status": 429, "code": "signin.wait", "facts": {"seconds": 4}}, 429, media_type="application/problem+json"
                )
            if person is None or body["ticket"] != f"ticket-{person['id']}" or office.pins.get(person["id"]) != body["pin"]:
                office.pin_tries += 1
                return JSONResponse(unauthorised, 401, media_type="application/problem+json")
        elif body["password"] != "foyer-demo":
            return JSONResponse(unauthorised, 401, media_type="application/problem+json")
        else:
            person = people[body["account"]]
        number = next(office.issued)
        token, upload = f"token-{number}-{person['id']}", f"up-{number}-{person['id']}"
        office.tokens |= {token: person["id"], upload: person["id"]}
        seal = base64.b64encode(seal_key(person["id"])).decode() if body["device"]["seals"] else None
        pin = {"set": person["id"] in office.pins, "ticket": f"ticket-{person['id']}"}
        return JSONResponse(
            {
                "token": token,
                "upload_token": upload,
                "seal": seal,
                "pin": pin,
                "person": person,
                "device": {"id": body["device"]["id"], "seq": body["device"]["seq"]},
            }
        )

    @app.post("/api/v1/session/leave")
    async def leave(request: Request) -> Response:
        who = signed_in(request, sending=True)
        for token in [one for one, person in office.tokens.items() if person == who and not one.startswith("up-")]:
            office.tokens.pop(token)
        return Response(status_code=204)

    @app.post("/api/v1/labels/read")
    async def read_photo(request: Request) -> JSONResponse:
        if signed_in(request) is None:
            return JSONResponse(unauthorised, 401, media_type="application/problem+json")
        try:
            return JSONResponse({"codes": decode.codes_in(await request.body())})
        except Invalid:
            return JSONResponse({"code": "attachment.broken"}, 422)

    @app.delete("/api/v1/session")
    async def end(request: Request) -> Response:
        office.tokens.pop(request.headers.get("authorization", "").removeprefix("Bearer "), None)
        return Response(status_code=204)

    @app.get("/api/v1/floor")
    async def floor(request: Request) -> Response:
        who = signed_in(request)
        if who is None:
            return JSONResponse(unauthorised, 401)
        found = bundle(office.now)
        found["person"]["id"] = who
        counted = {op["payload"]["code"] for op in office.ops("stocktake.count")} - {
            office.log[op["payload"]["count_op_id"]]["payload"]["code"]
            for op in office.ops("stocktake.undo_count")
            if op["payload"]["count_op_id"] in office.log
        }
        for line in found["stocktakes"][0]["expected"]:
            line["counted"] = line["label"] in counted
        tag = '"' + hashlib.sha256(json.dumps({**found, "now": ""}).encode()).hexdigest()[:16] + '"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return JSONResponse(found, headers={"ETag": tag})

    @app.get("/api/v1/rollcalls/now")
    async def roll_call() -> Response:
        return JSONResponse({"open": None, "house": []})

    @app.get("/api/v1/rollcalls/news")
    async def roll_call_news() -> Response:
        return Response(status_code=204)  # nobody holds questions here: the app asks again in its own time

    @app.get("/api/v1/labels/{label}")
    async def label(label: str, request: Request) -> JSONResponse:
        if label == UNKNOWN:
            return JSONResponse({"status": 404, "code": "label.unknown"}, 404, media_type="application/problem+json")
        if label == BLANK:
            return JSONResponse(
                {
                    "kind": None,
                    "id": None,
                    "title": None,
                    "state": "blank",
                    "holder": None,
                    "place": None,
                    "due": None,
                    "superseded_by": None,
                    "operations": ["label.claim"],
                }
            )
        for thing in bundle(office.now)["things"]:
            if label in (thing["label"], *thing["old_labels"]):
                return JSONResponse(
                    {
                        "kind": "asset",
                        "id": thing["id"],
                        "title": thing["name"],
                        "state": "active" if label == thing["label"] else "superseded",
                        "holder": {"name": "周启明"},
                        "place": None,
                        "due": None,
                        "superseded_by": None if label == thing["label"] else thing["label"],
                        "operations": ["asset.take", "asset.report_fault"],
                    }
                )
        return JSONResponse(
            {
                "kind": "place",
                "id": "x",
                "title": "三楼",
                "state": "active",
                "holder": None,
                "place": None,
                "due": None,
                "superseded_by": None,
                "operations": [],
            }
        )

    @app.post("/api/v1/operations")
    async def operations(request: Request) -> Response:
        ops = json.loads(await request.body())
        who = signed_in(request, sending=True)
        if who is not None and isinstance(ops, dict):  # a PIN is set directly, never by the queue
            office.pins[who] = ops["payload"]["pin"]
            return JSONResponse({"op_id": ops["op_id"], "status": "accepted"})
        if who is None:
            return JSONResponse(unauthorised, 401, media_type="application/problem+json")
        fault = office.faults.pop(0) if office.faults else None
        if fault is not None:
            return fault(ops) if callable(fault) else fault
        office.highest_seq = max(office.highest_seq, int(request.headers["foyer-device-seq"]))
        office.batches.append(
            {"size": len(ops), "who": who, "sealed": sum("sealed" in op for op in ops), "token": request.headers["authorization"][7:10]}
        )
        return JSONResponse([office.judge(op, request.headers.get("foyer-clock", ""), who) for op in ops])

    @app.put("/api/v1/attachments/{sha}")
    async def attach(sha: str, request: Request) -> Response:
        who = signed_in(request, sending=True)
        if who is None:
            return JSONResponse(unauthorised, 401)
        span = request.headers["content-range"]
        have = office.blobs.setdefault(sha, bytearray())
        part = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", span)
        total = int(span.rpartition("/")[2])
        if part:
            body = await request.body()
            if request.headers.get("foyer-sealed") == "1":
                body = AESGCM(seal_key(who)).decrypt(body[:12], body[12:], f"{sha} {span}".encode())
            if int(part[1]) == len(have):
                have.extend(body)
            office.blob_parts.append((sha, int(part[1])))
            if office.cut_blob_after is not None and len(have) >= office.cut_blob_after:
                office.cut_blob_after = None
                return HTMLResponse("<h1>502</h1>", 502)
        if len(have) == total:
            if hashlib.sha256(have).hexdigest() != sha:
                have.clear()
                return JSONResponse({"code": "attachment.hash"}, 422)
            return JSONResponse({"sha256": sha}, 201)
        headers = {"Range": f"bytes=0-{len(have) - 1}"} if have else {}
        return Response(status_code=308, headers=headers)

    @app.get("/elsewhere", response_class=HTMLResponse)
    async def elsewhere() -> str:
        return "<p>elsewhere</p>"

    return app


def server_error(_: Any = None) -> Response:
    return JSONResponse({"status": 500, "code": "bug"}, 500, media_type="application/problem+json")


def bad_gateway(_: Any = None) -> Response:
    return HTMLResponse("<html>502 Bad Gateway</html>", 502)


def captive_portal(_: Any = None) -> Response:
    return HTMLResponse("<html>Welcome to the hotel</html>", 200)


def too_large(_: Any = None) -> Response:
    return JSONResponse({"status": 413, "code": "batch.too_large"}, 413, media_type="application/problem+json")


def too_many(_: Any = None) -> Response:
    return JSONResponse({"status": 429, "code": "rate"}, 429, headers={"Retry-After": "1"}, media_type="application/problem+json")


def free_port() -> int:
    with socket.socket() as probe:
        for port in range(18000, 29999):
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port between 18000 and 29999")


class Server:
    """uvicorn on a thread; `app` may be exchanged while it runs, as an upgrade would."""

    def __init__(self, office: Office, floor: serve.Floor | None = None) -> None:
        self.office = office
        self.port = free_port()
        self.use(floor or serve.Floor())
        config = uvicorn.Config(
            self._ask, host="127.0.0.1", port=self.port, log_level="warning", lifespan="off", interface="asgi3", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            self.thread.join(0.01)

    def use(self, floor: serve.Floor) -> None:
        """Serve this version of the floor app from now on."""
        self.floor = floor
        self.app = application(self.office)
        serve.mount(self.app, floor)

    async def _ask(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)


class Line:
    """The line between phone and server: open, cut (connections are refused and broken), or eating the next answers to operations."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.cut = False
        self.eat_replies = 0
        self.eaten = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(5)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        mine = {writer, up_writer}
        self._open |= mine
        state = {"operations": False}

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, up: bool) -> None:
            try:
                while data := await source.read(65536):
                    if up and b"POST /api/v1/operations" in data:
                        state["operations"] = True
                    elif up and re.search(rb"^(GET|PUT|DELETE|POST) /", data):
                        state["operations"] = False
                    if not up and state["operations"] and self.eat_replies > 0:
                        self.eat_replies -= 1
                        self.eaten += 1
                        break
                    sink.write(data)
                    await sink.drain()
            except (ConnectionError, asyncio.CancelledError):
                pass
            for one in mine:
                if one.transport:
                    one.transport.abort()
            self._open.difference_update(mine)

        await asyncio.gather(pass_on(reader, up_writer, True), pass_on(up_reader, writer, False))

    def close(self) -> None:
        """Cut the line: nothing passes, and what was open breaks."""
        self.cut = True

        def break_all() -> None:
            for one in list(self._open):
                one.transport.abort()

        self._loop.call_soon_threadsafe(break_all)

    def open(self) -> None:
        self.cut = False

    def stop(self) -> None:
        self.close()

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            self._loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self._loop)
        self._thread.join(5)
