// The floor this door hangs on, as numbers for one SVG: rooms filled by state with shape, name and until (look.md §4, plan).

import { ms } from "foyer-door/words.js";

const KNOWN = new Set(["free", "soon", "held", "busy", "shut"]);

/** What to draw: lengths in units of a screen pixel, so that words keep their size on every floor. */
export function planOf(floor, here, v, now, small) {
  const wide = small ? 752 : 1192, high = small ? 236 : 396, text = small ? 15 : 22;
  const scale = Math.min(wide / floor.width_cm, high / floor.height_cm);
  const at = (length) => +(length * scale).toFixed(1);
  const rooms = floor.rooms.filter((room) => room.kind === "room" && room.width_cm).map((room) => {
    const width = at(room.width_cm), height = at(room.height_cm);
    const tidying = room.restoring && room.state === "free", state = tidying ? "shut" : KNOWN.has(room.state) ? room.state : "";
    const name = v.name(room, "name"), sign = room.short_name || name;
    const fits = (words, size) => [...words].reduce((sum, letter) => sum + (letter.codePointAt(0) > 0x2e80 ? size : size * 0.6), 0) <= width - 16;
    const until = state === "free" ? room.free_until : tidying ? null : room.until;
    const sub = tidying ? v.say("door.word.restoring") : state && until ? v.say("door.plan.until", { until: v.when(ms(until), now) }) : state ? v.say(`door.word.${state}`) : "";
    return {
      id: room.id, x: at(room.x_cm), y: at(room.y_cm), width, height, state, here: room.id === here,
      name: fits(name, text) ? name : fits(sign, text) ? sign : "", sub: height > text * 3.4 && fits(sub, text * 0.82) ? sub : "",
      mark: state && width > text * 2.2 && height > text * 1.6 ? +(text * 0.9).toFixed(1) : 0, middle: at(room.x_cm) + width / 2, centre: at(room.y_cm) + height / 2,
    };
  });
  const outline = floor.outline.map(([x, y]) => `${at(x)},${at(y)}`).join(" ");
  return { width: at(floor.width_cm), height: at(floor.height_cm), outline, rooms, text, name: floor.name };
}
