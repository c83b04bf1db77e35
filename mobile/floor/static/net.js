// One way to talk to the server. An answer is ours only when it is JSON from /api: a portal's page with status 200 is not.

/** The line failed: cut, timed out, or somebody else answered. What was sent may or may not have arrived. */
export class NoAnswer extends Error {}

const PATIENCE_MS = 15000;

/** `{status, ours, data, headers}`; throws NoAnswer when there was none within the patience. */
export async function call(method, path, { token, json, body, headers = {}, redirect = 'error', patience = PATIENCE_MS } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  const all = { Accept: 'application/json', ...headers };
  if (token) all.Authorization = `Bearer ${token}`;
  if (json !== undefined) {
    all['Content-Type'] = 'application/json';
    body = JSON.stringify(json);
  }
  try {
    const answer = await fetch(path, { method, headers: all, body, redirect, cache: 'no-store', signal: stop.signal });
    const type = answer.headers.get('Content-Type') || '';
    const ours = /^application\/(problem\+)?json\b/.test(type);
    let data = null;
    if (ours) data = await answer.json();
    else await answer.arrayBuffer();
    return { status: answer.status, ours, data, headers: answer.headers };
  } catch (error) {
    throw new NoAnswer(error?.message || 'no answer');
  } finally {
    clearTimeout(timer);
  }
}
