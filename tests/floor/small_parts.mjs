// The floor app's small parts that need no browser. Called by test_rules.py.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../mobile/floor/static');
const part = (name) => import(pathToFileURL(path.join(root, name)));
globalThis.HTMLElement ??= class {};
globalThis.document ??= { createElement: () => ({}), addEventListener() {}, visibilityState: 'visible' };

const { HoldGate } = await part('scanner.js');
const gate = new HoldGate(1200);
let events = 0;
for (let at = 0; at <= 10_000; at += 100) events += gate.frame(['A'], at).length;
assert.equal(events, 1, 'held still for ten seconds is one scan');
for (let at = 10_100; at <= 11_000; at += 100) gate.frame([], at);
assert.equal(gate.frame(['A'], 11_050).length, 0, 'a short loss of focus is no second scan');
for (let at = 11_100; at <= 12_500; at += 100) gate.frame([], at);
assert.equal(gate.frame(['A'], 12_600).length, 1, 'taken away and shown again is a second scan');
assert.deepEqual(gate.frame(['A', 'B'], 12_700), ['B'], 'two labels in one picture are told apart');

const { signOf, undouble } = await part('wedge.js');
assert.equal(['KeyA', 'Digit7', 'Minus'].map((code) => signOf(code, false)).join(''), 'a7-');
assert.equal(signOf('Semicolon', true), ':');
assert.equal(signOf('Digit2', true), '@');
assert.equal(signOf('F5', false), undefined);
assert.equal(undouble('43542104354210'), '4354210');
assert.equal(undouble('7K3M9QWY\r\n7K3M9QWY\r\n'), '7K3M9QWY');
assert.equal(undouble('7K3M9QWY'), '7K3M9QWY');
assert.equal(undouble('1111'), '1111', 'four equal digits may well be meant');

const { plainSha256, uuid7, learnTime, now, iso } = await part('identity.js');
for (const length of [0, 1, 55, 56, 63, 64, 65, 1000, 70_000]) {
  const bytes = new Uint8Array(length).map((_, i) => (i * 31 + length) % 256);
  assert.equal(Buffer.from(plainSha256(bytes)).toString('hex'), createHash('sha256').update(bytes).digest('hex'), `SHA-256 of ${length} bytes`);
}
const ids = Array.from({ length: 200 }, () => uuid7());
assert.equal(new Set(ids).size, 200);
for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
assert.ok(uuid7(1000) < uuid7(2000), 'later ids sort later');

const truth = Date.now();
learnTime(new Date(truth - 3 * 86_400_000).toISOString());
assert.ok(Math.abs(now() - (truth - 3 * 86_400_000)) < 2000, 'a clock three days ahead is corrected');
assert.match(iso(truth), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
assert.equal(Date.parse(iso(truth)), truth);
const real = Date.now;
Date.now = () => real() - 365 * 86_400_000;
assert.ok(Math.abs(now() - (truth - 3 * 86_400_000)) < 3000, 'a clock set back a year while the app runs is not believed');
Date.now = real;
process.exit(0);
