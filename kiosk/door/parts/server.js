// Asking the server as this door: one id for a tap, no answer waited for longer than four seconds.

const TAP_TIMEOUT_MS = 4000;

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a LAN has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** JSON from the server as this door, whoever else is signed in here; throws when it does not answer in time. */
export async function ask(url, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TAP_TIMEOUT_MS);
  try {
    const answer = await fetch(url, { ...options, headers: { "Foyer-Surface": "door", ...options.headers }, signal: stop.signal, cache: "no-store", credentials: "same-origin" });
    const body = await answer.json().catch(() => null);
    return { status: answer.status, body };
  } finally {
    clearTimeout(timer);
  }
}
