import { Gate, Icon, html, go, useEffect, useLayoutEffect, useRef, useState, useStatus, useStored } from '../ui.js';
import { knownPeople, session, signIn } from '../session.js';
import { LANGUAGES, language, loadLanguage, t, when } from '../words.js';
import { changed } from '../database.js';

/** What a phone on plain http cannot do, and how the office puts that right. */
export const PlainHttp = () =>
  isSecureContext ? null : html`<section class="f-notice" data-testid="plain-http"><h2>${t('m.http_title')}</h2><p>${t('m.http_what')}</p>
    <ol class="f-notice__ways"><li>${t('m.http_way_domain')}</li><li>${t('m.http_way_ca')}</li><li>${t('m.http_way_tailscale')}</li></ol>
    <p><a href="/trust">${t('m.http_trust')}</a></p><p>${t('m.http_still')}</p></section>`;

export const Languages = () => html`<div class="lang lang--floor" role="group" aria-label=${t('m.language')}>${LANGUAGES.map(
  ([tag, name]) => html`<button class=${tag === language() ? 'on' : ''} lang=${tag} aria-pressed=${tag === language()} onClick=${() => loadLanguage(tag).then(changed)} data-testid=${`lang-${tag}`}>${name}</button>`,
)}</div>`;

/** The sentence of a failed sign-in; a wait counts down, so that nobody taps in vain. */
function Problem({ problem }) {
  const [left, setLeft] = useState(problem?.seconds || 0);
  useEffect(() => {
    setLeft(problem?.seconds || 0);
    if (!problem?.seconds) return undefined;
    const timer = setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1000);
    return () => clearInterval(timer);
  }, [problem]);
  if (!problem || (problem.key === 'm.signin_wait' && !left)) return null;
  return html`<span class="field__help field__help--error" role="alert" data-testid="signin-problem">${t(problem.key, { n: left })}</span>`;
}

export function SignIn() {
  const people = useStored(knownPeople);
  const [chosen, setChosen] = useState(null);
  const [byName, setByName] = useState(false);
  const owes = useStatus();
  if (people === undefined) return null;
  const known = session.person ? people.filter((one) => one.id === session.person.id) : people;
  const list = known.length > 0 && !byName && !chosen;
  return html`<div class="f-signin"><div class="f-signin__top"><${Gate} /><h1>${session.person ? t('m.signin_again_title') : chosen ? t('m.pin_hello', { name: chosen.name }) : t('m.signin_title')}</h1>
      ${!chosen && html`<p class="second">${t(list ? 'm.signin_who' : 'm.signin_sub')}</p>`}</div>
    <${PlainHttp} />
    ${session.takenOut && html`<p class="banner banner--bad" role="status" data-testid="taken-out"><${Icon} name="lock" /><span><strong>${t('m.taken_out')}</strong><br />${t('m.taken_out_sub', { n: session.takenOut.n, time: when(session.takenOut.at) })}</span></p>`}
    ${owes.unsent > 0 && html`<p class="banner" data-testid="owed">${t('m.signin_owed', { n: owes.unsent })}</p>`}
    ${list && html`<ul class="list f-people">${known.map((one) => html`<li key=${one.id}><button class="item item--act" onClick=${() => setChosen(one)} data-testid="known"><span class="mark mark--initial">${one.name.slice(0, 1)}</span>
        <span class="item__body"><span class="item__title">${one.name}</span><span class="item__meta">${t('m.pin_with')}</span></span><${Icon} name="go" /></button></li>`)}
      <li><button class="item item--act" onClick=${() => setByName(true)} data-testid="by-account"><span class="mark"><${Icon} name="person" /></span><span class="item__body"><span class="item__title">${t('m.signin_other')}</span><span class="item__meta">${t('m.signin_with')}</span></span><${Icon} name="go" /></button></li></ul>`}
    ${chosen && html`<${PinPad} person=${chosen} onBack=${() => setChosen(null)} onPassword=${() => (setChosen(null), setByName(true))} />`}
    ${!list && !chosen && html`<${Password} onBack=${known.length > 0 ? () => setByName(false) : null} />`}
    <${Languages} /></div>`;
}

function Password({ onBack }) {
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!account.trim() || !password) return setProblem({ key: 'm.signin_empty' });
    setBusy(true);
    try {
      const said = await signIn({ account: account.trim(), password });
      setProblem(said);
      if (!said) go('#/');
    } catch (error) {
      console.warn('sign-in', error?.name);
      setProblem({ key: 'm.storage_full' });
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  return html`<form class="f-signin__form" onSubmit=${submit}>
      <label class="field"><span class="field__label">${t('m.account')}</span>
        <input class="field__box field__input" name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} value=${account} onInput=${(event) => setAccount(event.target.value)} data-testid="account" /></label>
      <label class="field"><span class="field__label">${t('m.password')}</span>
        <input class=${`field__box field__input${problem ? ' field__box--error' : ''}`} name="password" type="password" autocomplete="current-password" value=${password} onInput=${(event) => setPassword(event.target.value)} data-testid="password" />
        <${Problem} problem=${problem} /></label>
      <button class="button button--main button--wide" aria-disabled=${busy} data-testid="signin">${busy ? html`<span class="spin"></span>${t('m.signing_in')}` : t('m.signin')}</button>
      ${onBack && html`<button type="button" class="button button--quiet button--wide" onClick=${onBack}>${t('m.signin_list')}</button>`}</form>`;
}

const MOST_DIGITS = 8;
const LEAST_DIGITS = 4;

/** Big keys for a short number; a keyboard's digits work too. */
function PinPad({ person, onBack, onPassword }) {
  const [pin, show] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const typed = useRef(''); // a quick typist's Enter comes before the next drawing
  const set = (text) => {
    typed.current = text.slice(0, MOST_DIGITS);
    show(typed.current);
  };
  const enough = pin.length >= LEAST_DIGITS && !busy;
  const put = (digit) => (setProblem(null), set(typed.current + digit));
  const back = () => set(typed.current.slice(0, -1));
  const submit = async () => {
    if (typed.current.length < LEAST_DIGITS || busy) return;
    setBusy(true);
    try {
      const said = await signIn({ person_id: person.id, ticket: person.ticket, pin: typed.current });
      setProblem(said);
      set('');
      if (!said) go('#/');
    } catch (error) {
      console.warn('sign-in', error?.name);
      setProblem({ key: 'm.storage_full' });
    } finally {
      setBusy(false);
    }
  };
  // Before the first paint: a practised hand types at once.
  useLayoutEffect(() => {
    const key = (event) => {
      if (/^[0-9]$/.test(event.key)) put(event.key);
      else if (event.key === 'Backspace') back();
      else if (event.key === 'Enter') submit();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  });
  return html`<div class="f-pin" data-testid="pin">
    <p class="f-pin__dots" role="status" aria-label=${t('m.pin_digits', { n: pin.length })}>${Array.from({ length: Math.max(LEAST_DIGITS, pin.length) }, (_, place) => html`<i class=${place < pin.length ? 'on' : ''}></i>`)}</p>
    <p class="f-pin__said"><${Problem} problem=${problem} /></p>
    <div class="f-pin__keys">${'123456789'.split('').map((digit) => html`<button class="f-pin__key" key=${digit} onClick=${() => put(digit)} data-testid=${`key-${digit}`}>${digit}</button>`)}
      <button class="f-pin__key f-pin__key--word" onClick=${onBack} aria-label=${t('m.back')}><${Icon} name="back" /></button>
      <button class="f-pin__key" onClick=${() => put('0')} data-testid="key-0">0</button>
      <button class="f-pin__key f-pin__key--word" onClick=${back} aria-label=${t('m.pin_delete')}><${Icon} name="undo" /></button></div>
    <button class="button button--main button--wide" aria-disabled=${!enough} onClick=${submit} data-testid="pin-done">${busy ? html`<span class="spin"></span>${t('m.signing_in')}` : t('m.signin')}</button>
    <button class="button button--quiet button--wide" onClick=${onPassword}>${t('m.pin_forgotten')}</button></div>`;
}
