"""Ten thousand records that wait: they go up in bounded memory, and the person at the phone never waits for them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.floor.conftest import World, controlled, unsent, until, wedge
from tests.floor.office import code

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
MANY = 10_000

FILL = """async ([many, codes]) => {
  const { read, write, changed } = await import('./database.js');
  const { uuid7 } = await import('./identity.js');
  const person = (await read((db) => db.get('meta', 'session'))).person;
  const device = await read((db) => db.get('meta', 'device'));
  await write(['ops', 'rows', 'meta'], async (tx) => {
    for (let n = 1; n <= many; n += 1) {
      const id = uuid7();
      const row = `st-assets|p-302|${codes[n - 1]}`;
      tx.objectStore('ops').add({ op_id: id, actor_id: person.id, device_id: device, device_seq: n, kind: 'stocktake.count', schema: 3, state: 'queued', tries: 0,
        occurred_at: new Date().toISOString(), attachments: [], payload: { stocktake_id: 'st-assets', code: codes[n - 1], place_id: 'p-302' }, shown: { title: codes[n - 1] }, row });
      tx.objectStore('rows').put({ id: row, round: 'st-assets', place_id: 'p-302', code: codes[n - 1], title: codes[n - 1], scans: 1, person_id: person.id, last_at: n,
        question: 'unknown', events: [{ op_id: id, at: Date.now(), state: 'queued' }] });
    }
    await tx.objectStore('meta').put(many, 'seq');
  });
  changed();
}"""

WATCH = """() => {
  // What a finger feels: how long an event waits for its turn. A tap every 100 ms, and the heap beside it.
  window.delays = [];
  window.heaps = [];
  const tap = () => { window.tapped = performance.now(); setTimeout(() => {}, 0); const channel = new MessageChannel(); channel.port1.onmessage = () => window.delays.push(performance.now() - window.tapped); channel.port2.postMessage(1); };
  setInterval(tap, 100);
  setInterval(() => performance.memory && window.heaps.push(performance.memory.usedJSHeapSize), 200);
}"""


@pytest.mark.proves("O24", "T6")
def test_ten_thousand_waiting_records_go_up_while_the_phone_stays_quick(world: World) -> None:
    page = world.counting()
    controlled(page)
    world.line.close()
    codes = [code(20_000 + n) for n in range(MANY)]
    page.evaluate(FILL, [MANY, codes])
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", str(MANY), timeout=30_000)
    page.get_by_test_id("finder").wait_for()
    page.evaluate(WATCH)
    world.line.open()
    page.evaluate("import('./sync.js').then((m) => { m.flush('button'); })")
    until(page, lambda: len(world.office.batches) >= 5, "the backlog is on its way", 60)
    # the person goes on counting in the middle of it: each scan is on the disk and on the screen
    for n in range(5):
        wedge(page, code(50_000 + n))
    until(page, lambda: unsent(page) == 0, "everything is up", 200)
    counts = world.office.ops("stocktake.count")
    assert len(counts) == MANY + 5
    assert [op["device_seq"] for op in counts] == list(range(1, MANY + 6)), "none lost, none doubled, in order"
    assert max(batch["size"] for batch in world.office.batches) <= 100
    delays = sorted(page.evaluate("window.delays"))
    heaps = page.evaluate("window.heaps")
    print(
        f"taps {len(delays)}, waited median {delays[len(delays) // 2]:.1f} ms, 99th {delays[int(len(delays) * 0.99)]:.1f} ms, longest {delays[-1]:.1f} ms"
    )
    print(f"heap {heaps[0] / 1e6:.0f} to at most {max(heaps) / 1e6:.0f} MB" if heaps else "no heap figures")
    assert not heaps or max(heaps) - heaps[0] < 60_000_000
