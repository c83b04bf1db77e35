// Runs the phone's three shared rules over tests/vectors/*.json; prints every case that differs. Called by test_rules.py.
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const rules = await import(pathToFileURL(path.join(root, 'mobile/floor/static/rules.js')));
const vectors = (name) => JSON.parse(readFileSync(path.join(root, 'tests/vectors', name), 'utf8')).cases;
const wrong = [];
const expect = (file, why, got, wanted) => {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) wrong.push(`${file}: ${why}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
};

for (const { text, code, error, why } of vectors('label-codes.json')) {
  expect('label-codes', why, rules.readCode(text), code ? { code } : { error });
}
for (const { questions, answers, shown, missing, verdicts, why } of vectors('checklists.json')) {
  expect('checklists', why, rules.shownQuestions(questions, answers), shown);
  expect('checklists', why, rules.missing(questions, answers), missing);
  for (const id of shown) expect('checklists', `${why} (${id})`, rules.verdict(questions.find((one) => one.id === id), answers[id]), verdicts[id]);
}
for (const { events, scan, again, times, first, elsewhere, why } of vectors('scanned-twice.json')) {
  expect('scanned-twice', why, rules.alreadyScanned(events, scan), { again, times, first, elsewhere });
}
console.log(wrong.join('\n'));
process.exit(wrong.length ? 1 : 0);
