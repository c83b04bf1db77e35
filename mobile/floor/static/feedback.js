// What the hand and the ear are told. Every part may be missing (iOS has no vibrate): then the screen alone says it.
import { prefs } from './prefs.js';

let sound = null;

/** Browsers allow sound only after a touch: call this from one. */
export function wakeSound() {
  try {
    sound ??= new (globalThis.AudioContext || globalThis.webkitAudioContext)();
    if (sound.state === 'suspended') sound.resume().catch(() => {});
  } catch {
    sound = null;
  }
}

function tone(hertz, seconds, at = 0) {
  if (sound?.state !== 'running' || !prefs().sound) return;
  const source = sound.createOscillator();
  const volume = sound.createGain();
  source.frequency.value = hertz;
  volume.gain.value = 0.15;
  source.connect(volume).connect(sound.destination);
  source.start(sound.currentTime + at);
  source.stop(sound.currentTime + at + seconds);
}

const shake = (pattern) => prefs().shake && navigator.vibrate?.(pattern);

/** How many of each were given: for tests, and for nobody else. */
export const given = { saved: 0, again: 0, refused: 0 };

const plan = {
  saved: () => (tone(1760, 0.08), shake(40)),
  again: () => (tone(880, 0.06), tone(880, 0.06, 0.12), shake([25, 60, 25])),
  refused: () => (tone(220, 0.35), shake([120, 60, 120])),
};

/** `saved` (it is on the disk), `again` (counted before) or `refused` (nothing was kept, or it is not ours). */
export function feedback(kind) {
  given[kind] += 1;
  try {
    plan[kind]();
  } catch {
    // no sound, no shake: the screen says it
  }
}
