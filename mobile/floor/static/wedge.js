// Hand scanners that type like a keyboard. With a Chinese input method on, the letters would become pinyin; the key's place (`code`) does not,
// so the text is put together from places. Scanners that insert text (DataWedge) are caught by a field without an on-screen keyboard.
import { readCode } from './rules.js';

const PLACES = { Minus: ['-', '_'], Equal: ['=', '+'], Slash: ['/', '?'], Period: ['.', '>'], Comma: [',', '<'], Semicolon: [';', ':'], Space: [' ', ' '], NumpadSubtract: ['-', '-'], NumpadDivide: ['/', '/'], NumpadDecimal: ['.', '.'] };
const SHIFTED_DIGITS = ')!@#$%^&*(';
const PAUSE_MS = 140; // after it a readable code is complete
const PATIENCE_MS = 1200; // a busy phone delivers keys late: half a code is waited for, not dropped
const SHORTEST = 6;

/** The sign on a key's place of a US layout, which is what scanners send. */
export function signOf(code, shift) {
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return shift ? letter[1] : letter[1].toLowerCase();
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code);
  if (digit) return shift && code.startsWith('Digit') ? SHIFTED_DIGITS[digit[1]] : digit[1];
  return PLACES[code]?.[shift ? 1 : 0];
}

/** A scanner that delivers twice sends `4354210` as `43542104354210`: one of two equal halves is the text. */
export function undouble(text) {
  const clean = text.trim();
  const half = clean.length / 2;
  if (clean.length >= 2 * SHORTEST && clean.length % 2 === 0 && clean.slice(0, half) === clean.slice(half)) return clean.slice(0, half);
  const twice = /^(.{6,})[\r\n\t]+\1$/s.exec(clean);
  return twice ? twice[1] : text;
}

const writes = (target) => target instanceof HTMLElement && (target.isContentEditable || (['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) && !target.dataset.wedge));

/** Listen for a wedge scanner; `onText(text)` per scan. `field` catches inserted text. Returns the function that stops it. */
export function listen(field, onText) {
  let typed = '';
  let timer = null;
  let lastKeyed = { at: -Infinity, text: '' };
  let composing = false;
  let composed = false;

  const finish = () => {
    clearTimeout(timer);
    const text = typed;
    typed = '';
    if (field) field.value = '';
    if (text.length >= SHORTEST) {
      lastKeyed = { at: performance.now(), text: text.toUpperCase() };
      onText(undouble(text));
    }
  };

  const key = (event) => {
    if (writes(event.target) || event.ctrlKey || event.metaKey || event.altKey) {
      // Ctrl with a letter is how scanners send control characters (GS is Ctrl+]): swallowed in the middle of a scan, so that no shortcut fires.
      if (typed && !writes(event.target)) event.preventDefault();
      return;
    }
    if (['Enter', 'NumpadEnter', 'Tab'].includes(event.code) || (event.key === 'Enter' && !event.code)) {
      if (!typed) return;
      event.preventDefault();
      event.stopPropagation();
      finish();
      return;
    }
    const sign = /^[!-~ ]$/.test(event.key) ? event.key : signOf(event.code, event.shiftKey); // an input method hides the sign, not the key's place
    if (sign === undefined) {
      if (typed && /^F\d+$|^Arrow|^Escape$|^Backspace$/.test(event.code)) event.preventDefault();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    typed += sign;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (readCode(typed).code) finish();
      else timer = setTimeout(finish, PATIENCE_MS);
    }, PAUSE_MS);
  };

  const inserted = () => {
    if (composing || !field.value) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const text = field.value.normalize('NFKC');
      field.value = '';
      typed = '';
      // What the input method makes of keys we already read by their place is the same scan once more.
      const echo = performance.now() - lastKeyed.at < 1000 && (composed || text.trim().toUpperCase() === lastKeyed.text);
      composed = false;
      if (text.trim().length >= SHORTEST && !echo) onText(undouble(text));
    }, PAUSE_MS);
  };
  const begin = () => {
    composing = true;
    composed = true;
  };
  const end = () => {
    composing = false;
    inserted();
  };

  addEventListener('keydown', key, true);
  field?.addEventListener('input', inserted);
  field?.addEventListener('compositionstart', begin);
  field?.addEventListener('compositionend', end);
  return () => {
    clearTimeout(timer);
    removeEventListener('keydown', key, true);
    field?.removeEventListener('input', inserted);
    field?.removeEventListener('compositionstart', begin);
    field?.removeEventListener('compositionend', end);
  };
}
