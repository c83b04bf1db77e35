// Sentences in the person's language, from the same catalogues as the rest of the house.
import { now } from './identity.js';

export const LANGUAGES = [['zh-Hans', '简体中文'], ['zh-Hant', '繁體中文'], ['en', 'English']];

let sentences = {};
let current = 'zh-Hans';

const remembered = () => {
  try {
    return localStorage.getItem('foyer-language');
  } catch {
    return null; // storage is switched off: the browser's language will do
  }
};

function preferred() {
  const kept = remembered();
  if (LANGUAGES.some(([tag]) => tag === kept)) return kept;
  for (const tag of navigator.languages || [navigator.language || '']) {
    if (/^zh-(hant|tw|hk|mo)/i.test(tag)) return 'zh-Hant';
    if (/^zh/i.test(tag)) return 'zh-Hans';
    if (/^en/i.test(tag)) return 'en';
  }
  return 'zh-Hans';
}

export const language = () => current;

export async function loadLanguage(tag = preferred()) {
  const answer = await fetch(`./i18n/${tag}.json`);
  sentences = await answer.json();
  current = tag;
  document.documentElement.lang = tag;
  try {
    localStorage.setItem('foyer-language', tag);
  } catch {
    // not remembered then
  }
}

export const knows = (key) => key in sentences;

/** The sentence of `key` with its `{facts}`; plural forms are chosen by the fact `n`; an unknown key shows itself. */
export function t(key, facts = {}) {
  let sentence = sentences[key];
  if (sentence === undefined) return key;
  if (Array.isArray(sentence)) sentence = sentence[facts.n === 1 ? 0 : Math.min(1, sentence.length - 1)];
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (facts[name] === undefined || facts[name] === null ? whole : String(facts[name])));
}

/** Several names in one line, in the language's habit. */
export const join = (parts) => parts.filter(Boolean).join(current === 'en' ? ', ' : '，');

/** `10:24` of an ISO moment or milliseconds. */
export function clock(moment) {
  const at = new Date(moment);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

/** `11月23日` or `23 Nov` of an ISO day or moment. */
export function day(value) {
  const at = new Date(value.length === 10 ? `${value}T12:00:00` : value);
  return current === 'en' ? at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' }) : `${at.getMonth() + 1}月${at.getDate()}日`;
}

/** `11月23日 星期一` or `Mon 23 November`. */
export function longDay(ms) {
  const at = new Date(ms);
  if (current === 'en') return at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'long' }).replace(',', '');
  return `${at.getMonth() + 1}月${at.getDate()}日 星期${'日一二三四五六'[at.getDay()]}`;
}

/** `10:24` today, `11月22日 10:24` on other days. */
export function when(moment, today = now()) {
  const at = new Date(moment);
  return at.toDateString() === new Date(today).toDateString() ? clock(at) : `${day(at.toISOString())} ${clock(at)}`;
}

/** A span as people say it: minutes up to two hours, hours up to two days, then days. */
export function span(ms) {
  const minutes = Math.round(Math.abs(ms) / 60000);
  if (minutes < 120) return t('m.span_minutes', { n: minutes });
  if (minutes < 2880) return t('m.span_hours', { n: Math.round(minutes / 60) });
  return t('m.span_days', { n: Math.round(minutes / 1440) });
}
