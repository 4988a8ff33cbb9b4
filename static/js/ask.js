// What a wall's page would be now, by the server.

const PATIENCE_MS = 5000;

/** "shown", "waiting" or "unknown"; null while the server does not answer. */
export async function ask(address, { request = fetch, patienceMs = PATIENCE_MS } = {}) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), patienceMs);
  try {
    const answer = await request(address, { cache: "no-store", signal: giveUp.signal });
    return answer.ok ? (await answer.json()).state : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
