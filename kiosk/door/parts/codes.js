// The code that ties an act at this door to somebody's phone: it changes every half-minute, and a door that is not sure of itself shows none.
// Methods of the door element. The server sends the codes of ten minutes at once; which one stands follows the door's clock.

import { ask } from "foyer-door/server.js";
import { MINUTE, SECOND, ms } from "foyer-door/words.js";

const QUIET = 4; // modules of white around the code (ISO/IEC 18004)

/** One path of the black modules, a rectangle a run. */
export function pathOf(rows) {
  return rows.map((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`).join("")).join("");
}

export const CODES = {
  openPhone() { this.open({ name: "phone", title: this.say("door.phone.title") }, MINUTE); },
  /** The code of this moment as a path, or null. Asks for more a little before the last one is used up. */
  codeNow() {
    const now = this.now(), found = this.codes.find((code) => ms(code.starts_at) <= now && now < ms(code.ends_at));
    const last = this.codes.at(-1);
    if ((!last || now > ms(last.ends_at) - 2 * MINUTE || now < ms(this.codes[0].starts_at)) && now >= this.codesAskedAt + 20 * SECOND) this.askCodes();
    if (!found) return null;
    found.path ??= pathOf(found.rows);
    const size = found.rows.length + 2 * QUIET;
    return { path: found.path, box: `${-QUIET} ${-QUIET} ${size} ${size}`, until: found.ends_at };
  },
  async askCodes() {
    this.codesAskedAt = this.now();
    const answer = await ask(`${this.api}/rooms/${this.room}/door/codes`).catch(() => null);
    if (answer?.status !== 200) return;
    this.codes = answer.body.items;
    if (this.codes.length) this.tick();
  },
};
