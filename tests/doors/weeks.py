"""Weeks of a door in minutes: a real browser and a real server, only the clocks go faster (pitfalls V24, V25).

The door's own clock is `performance.now()`; a script put before the page shifts it. Its beats are made in the page, its views, codes, reports and
taps go to the real server, whose clock follows every ten minutes. Sockets, timers, listeners, nodes and the heap after a collection are counted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, WebSocket
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.live import DOOR, Server, become_device

STEP = timedelta(minutes=10)
FEW_TIMEOUTS = 1
SCRIPT = """
(() => {
  const real = performance.now.bind(performance);
  let shift = 0;
  performance.now = () => real() + shift;
  const live = { interval: new Set(), timeout: new Set() };
  for (const kind of ["interval", "timeout"]) {
    const name = kind === "interval" ? "Interval" : "Timeout", set = window["set" + name].bind(window), clear = window["clear" + name].bind(window);
    window["set" + name] = (step, after, ...rest) => {
      const id = set((...args) => { if (kind === "timeout") live.timeout.delete(id); step(...args); }, after, ...rest);
      live[kind].add(id);
      return id;
    };
    window["clear" + name] = (id) => { live[kind].delete(id); clear(id); };
  }
  window.timers = () => [live.interval.size, live.timeout.size];
  const door = () => getElement(Number(document.querySelector(".door").id.slice(1)));
  const turn = new MessageChannel(), waiting = []; // a turn of the loop without the pause that timers within timers get
  turn.port1.onmessage = () => waiting.shift()();
  window.pass = async (seconds, stride = 1) => { // the server's own beats stand still for a moment that is none of its own
    window.socket.off("foyer_beat");
    const one = door();
    if (seconds > 600) { // the server's clock waits for this step's end: codes are asked for once now, not at each tick because they are of an hour ago
      one.codesAskedAt = -Infinity;
      one.tick();
      one.codesAskedAt = Infinity;
    }
    for (let second = stride; second <= seconds; second += stride) {
      shift += 1000 * stride;
      if (second % 5 === 0) one.beat({ t: Date.now(), now: one.now(), build: window.foyerPage.build });
      if (second % 5 !== 0 || stride === 1) one.tick(); // a beat looks at the clock itself
      if (second % 50 === 0) await new Promise((go) => { waiting.push(go); turn.port2.postMessage(0); });
    }
  };
})();
"""


@dataclass(frozen=True, slots=True)
class Health:
    """What a door costs its browser: heap in bytes after a collection, DOM nodes, listeners, timers, open sockets."""

    heap: int
    nodes: int
    listeners: int
    intervals: int
    timeouts: int
    sockets: int


class DoorRun:
    """One door on a wall, and the time that passes before it."""

    def __init__(self, browser: Browser, server: Server, key: str, room: str, now: datetime) -> None:
        self.server, self.now = server, now
        self.context: BrowserContext = browser.new_context(**DOOR)
        become_device(self.context, server, "door", key)
        self.page: Page = self.context.new_page()
        self.sockets: set[WebSocket] = set()
        self.errors: list[str] = []
        self.page.on("websocket", self._opened)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(SCRIPT)
        self.page.goto(f"{server.url}/door/{room}")
        self.ready()
        self.cdp: CDPSession = self.context.new_cdp_session(self.page)

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.add(socket)
        socket.on("close", lambda: self.sockets.discard(socket))

    def ready(self, within_s: float = 60) -> None:
        """Wait until the door shows a state it is sure of."""
        self.page.wait_for_function(
            "() => window.socket?.connected && document.querySelector('.door') && document.querySelector('.door').dataset.state !== 'lost'",
            timeout=within_s * 1000,
        )

    def pass_time(self, span: timedelta, *, tap_every: int = 3, step_by: timedelta = STEP, stride_s: int = 1) -> None:
        """Let the server's clock and the door's go on together, `step_by` at a time, with somebody tapping every few steps. `stride_s`: the door looks
        at its clock each second, or only at its beats (5)."""
        steps = int(span / step_by)
        for step in range(steps):
            self.page.evaluate("([seconds, stride]) => window.pass(seconds, stride)", [step_by.total_seconds(), stride_s])
            self.now += step_by
            self.server.set_clock(self.now)
            if step % tap_every == 0:
                self.tap()

    def tap(self) -> None:
        """What a passer-by does: book for a quarter of an hour where it is free, end what runs, look for other rooms, ask for help."""
        self.page.evaluate(
            """async () => {
              const press = async (act) => { document.querySelector(`[data-act="${act}"]`)?.click(); await new Promise((go) => setTimeout(go, 60)); };
              for (const act of ["book-15", "undo", "rooms", "list", "back", "help", "back", "phone", "back", "end", "back"]) await press(act);
            }"""
        )

    def restart(self, *, kill: bool = True) -> None:
        """Take the server away and bring it back; the door must come back by itself."""
        self.server.stop(kill=kill)
        self.server.start()
        self.ready()

    def rest(self) -> None:
        """Open and leave the list of times: Vue keeps the last panel that was left until the next one is, and a list of rooms has many buttons."""
        if not self.page.locator('[data-act="more"]').count():  # in a meeting there is no such list
            return
        for act in ("more", "back") * 2:
            self.page.locator(f'[data-act="{act}"]').dispatch_event("click")

    def health(self) -> Health:
        """What the door costs now, measured on its first face after the same panel each time, when the timers of the last taps (real seconds) have run out."""
        self.rest()
        with suppress(PlaywrightTimeout):
            self.page.wait_for_function(f"window.timers()[1] <= {FEW_TIMEOUTS}", timeout=20_000)
        for _ in range(2):
            self.cdp.send("HeapProfiler.collectGarbage")
        heap = self.cdp.send("Runtime.getHeapUsage")["usedSize"]
        self.cdp.send("Performance.enable")
        found = {one["name"]: int(one["value"]) for one in self.cdp.send("Performance.getMetrics")["metrics"]}
        intervals, timeouts = self.page.evaluate("window.timers()")
        return Health(int(heap), found["Nodes"], found["JSEventListeners"], intervals, timeouts, len(self.sockets))

    def close(self) -> None:
        self.context.close()
