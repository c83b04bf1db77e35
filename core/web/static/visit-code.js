// Checks the signed code of an invitation without the server (the format: core/sections/visits/codes.py; vectors: tests/vectors/visit-codes.json).
// WebCrypto exists in a secure context only: on plain http `readVisitCode` says `code.unproven` of every proof.
const ADDRESS = /^HTTPS?:\/\/[^\s/?#]{1,255}\/S\/[0-9A-Z-]{8,9}\/([A-Z])([0-9]{8})([A-Z2-7]{4})([A-Z2-7]{103})\/?$/;
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function unbase32(text) {
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const sign of text) {
    held = (held << 5) | SIGNS.indexOf(sign);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  return new Uint8Array(bytes);
}

/** `{code}` of a typed code (no proof), `{code, kind, day}` of a genuine one (kind A: one visitor, G: a group; day YYYYMMDD), or `{error}`:
 *  label.unreadable, label.mistyped, visit.code_of_another_office, visit.code_forged, code.unproven (it cannot be checked here).
 *  `keys` is the `keys` of /api/v1/visits/code-keys, `readCode` the one of /m/rules.js. */
export async function readVisitCode(text, keys, readCode) {
  const { code, error } = readCode(text);
  if (error) return { error };
  const [, kind, day, name, signature] = ADDRESS.exec(String(text).normalize('NFKC').trim().toUpperCase()) || [];
  if (!kind) return { code };
  const found = keys.find((key) => key.id === name);
  if (!found) return { error: 'visit.code_of_another_office' };
  if (!globalThis.crypto?.subtle) return { error: 'code.unproven' };
  const how = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', found.jwk, how, false, ['verify']);
  const genuine = await crypto.subtle.verify(how, key, unbase32(signature), new TextEncoder().encode(`foyer-visit:${kind}:${code}:${day}`));
  return genuine && 'AG'.includes(kind) ? { code, kind, day } : { error: 'visit.code_forged' };
}
