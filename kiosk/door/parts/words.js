// The words a door says: catalogue texts with their facts, times on the room's own wall (look.md §2 Type, §8).

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

export const ms = (moment) => (typeof moment === "string" ? Date.parse(moment) : moment ?? null);

export function speak(texts, small, key, facts = {}) {
  let text = (small && texts[`${key}.small`]) || texts[key];
  if (text === undefined) return key;
  if (Array.isArray(text)) text = text[facts.n === 1 || text.length === 1 ? 0 : 1];
  // 到 9:45, but 到明天 9:45: no space between two Chinese signs, except before the day of the week.
  return text.replace(/(\p{Script=Han} )?\{(\w+)\}/gu, (hole, before = "", name) => {
    const fact = facts[name] ?? `{${name}}`;
    return (name !== "weekday" && /^\p{Script=Han}/u.test(fact) ? before.trimEnd() : before) + fact;
  });
}

const formats = new Map(); // a door asks every second for weeks: each way of writing a moment is made once

function formatOf(lang, zone, options) {
  const key = `${lang} ${zone} ${Object.keys(options).join()} ${Object.values(options).join()}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(lang, { timeZone: zone, ...options }));
  return formats.get(key);
}

const FIELDS = { hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };

export function local(moment, zone) {
  const format = formatOf("en-GB", zone, FIELDS);
  const parts = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, part.value]));
  return { day: `${parts.year}-${parts.month}-${parts.day}`, month: +parts.month, date: +parts.day, hour: +parts.hour, minute: +parts.minute, second: +parts.second };
}

const two = (number) => String(number).padStart(2, "0");

/** Everything a person reads, for one language, size and zone. */
export function voice(view, texts, lang, small) {
  const say = (key, facts) => speak(texts, small, key, facts);
  const time = (moment) => { const at = local(moment, view.zone); return `${at.hour}:${two(at.minute)}`; };
  const exact = (moment) => { const at = local(moment, view.zone); return `${at.hour}:${two(at.minute)}:${two(at.second)}`; };
  const length = (span) => {
    const minutes = Math.max(0, Math.ceil(span / MINUTE));
    const hours = Math.floor(minutes / 60);
    if (!hours) return say("door.minutes", { n: minutes });
    return minutes % 60 ? say("door.hours_minutes", { h: hours, m: minutes % 60 }) : say("door.hours", { n: hours });
  };
  const countdown = (span) => {
    const seconds = Math.max(0, Math.ceil(span / SECOND));
    return seconds < 60 ? say("door.seconds", { n: seconds }) : say("door.minutes_seconds", { m: Math.floor(seconds / 60), s: seconds % 60 });
  };
  const after = (span) => (span < MINUTE ? countdown(span) : length(span));
  const name = (thing, field) => (lang === "en" && thing[`${field}_en`]) || thing[field] || "";
  const day = (moment) => {
    const at = local(moment, view.zone);
    const weekday = formatOf(lang, view.zone, { weekday: lang === "en" ? "short" : "long" }).format(moment);
    const month = lang === "en" ? formatOf("en-GB", view.zone, { month: "long" }).format(moment) : at.month;
    return say("door.day", { month, day: at.date, weekday });
  };
  const when = (moment, now) => { // 8:30, tomorrow 8:30, 3 December 8:30
    const at = local(moment, view.zone);
    if (at.day === local(now, view.zone).day) return time(moment);
    if (at.day === local(now + 24 * 60 * MINUTE, view.zone).day) return say("door.tomorrow", { time: time(moment) });
    const month = lang === "en" ? formatOf("en-GB", view.zone, { month: "long" }).format(moment) : at.month;
    return say("door.on_day", { month, day: at.date, time: time(moment) });
  };
  return { say, time, exact, length, countdown, after, name, day, when };
}
