// Reads tests/vectors/visit-codes.json as a kiosk without its server does; prints every case that differs. Called by test_invite_codes.py.
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const from = (file) => import(pathToFileURL(path.join(root, file)));
const [{ readVisitCode }, { readCode }] = [await from('core/web/static/visit-code.js'), await from('mobile/floor/static/rules.js')];
const { keys, cases } = JSON.parse(readFileSync(path.join(root, 'tests/vectors/visit-codes.json'), 'utf8'));
const wrong = [];
for (const { text, code, kind, day, error, why } of cases) {
  const got = JSON.stringify(await readVisitCode(text, keys, readCode));
  const wanted = JSON.stringify(error ? { error } : kind ? { code, kind, day } : { code });
  if (got !== wanted) wrong.push(`${why}: ${got} instead of ${wanted}`);
}
console.log(wrong.join('\n'));
process.exit(wrong.length ? 1 : 0);
