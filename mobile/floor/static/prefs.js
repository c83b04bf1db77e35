// What this phone remembers of its own: lens, zoom and torch, the pause before the same code counts as shown again, sound and shaking. Not a person's
// business, so it outlives sign-out; a browser without storage simply asks again.
const NAME = 'foyer-phone';
const DEFAULTS = { gap: 1200, sound: true, shake: true, lens: '', zoom: {}, torch: false };
export const GAPS = [500, 1200, 2500, 5000];

let held = null;

export function prefs() {
  if (held) return held;
  try {
    held = { ...DEFAULTS, ...JSON.parse(localStorage.getItem(NAME) || '{}') };
  } catch {
    held = { ...DEFAULTS };
  }
  if (!GAPS.includes(held.gap)) held.gap = DEFAULTS.gap;
  return held;
}

export function setPref(name, value) {
  held = { ...prefs(), [name]: value };
  try {
    localStorage.setItem(NAME, JSON.stringify(held));
  } catch {
    // until the app is closed then
  }
}
