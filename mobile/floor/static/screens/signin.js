import { Gate, html, go, useState, useStatus } from '../ui.js';
import { session, signIn } from '../session.js';
import { LANGUAGES, language, loadLanguage, t } from '../words.js';
import { changed } from '../database.js';

/** What a phone on plain http cannot do, and how the office puts that right. */
export const PlainHttp = () =>
  isSecureContext ? null : html`<section class="f-notice" data-testid="plain-http"><h2>${t('m.http_title')}</h2><p>${t('m.http_what')}</p>
    <ol class="f-notice__ways"><li>${t('m.http_way_domain')}</li><li>${t('m.http_way_ca')}</li><li>${t('m.http_way_tailscale')}</li></ol>
    <p><a href="/trust">${t('m.http_trust')}</a></p><p>${t('m.http_still')}</p></section>`;

export const Languages = () => html`<div class="lang lang--floor" role="group" aria-label=${t('m.language')}>${LANGUAGES.map(
  ([tag, name]) => html`<button class=${tag === language() ? 'on' : ''} lang=${tag} aria-pressed=${tag === language()} onClick=${() => loadLanguage(tag).then(changed)} data-testid=${`lang-${tag}`}>${name}</button>`,
)}</div>`;

export function SignIn() {
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const owes = useStatus();
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!account.trim() || !password) return setProblem('m.signin_empty');
    setBusy(true);
    try {
      const said = await signIn(account.trim(), password);
      setProblem(said);
      if (!said) go('#/');
    } catch (error) {
      console.warn('sign-in', error?.name);
      setProblem('m.storage_full');
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  return html`<div class="f-signin"><div class="f-signin__top"><${Gate} /><h1>${session.person ? t('m.signin_again_title') : t('m.signin_title')}</h1>
      <p class="second">${t('m.signin_sub')}</p></div>
    <${PlainHttp} />
    ${owes.unsent > 0 && html`<p class="banner" data-testid="owed">${t('m.signin_owed', { n: owes.unsent })}</p>`}
    <form class="f-signin__form" onSubmit=${submit}>
      <label class="field"><span class="field__label">${t('m.account')}</span>
        <input class="field__box field__input" name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} value=${account} onInput=${(event) => setAccount(event.target.value)} data-testid="account" /></label>
      <label class="field"><span class="field__label">${t('m.password')}</span>
        <input class=${`field__box field__input${problem ? ' field__box--error' : ''}`} name="password" type="password" autocomplete="current-password" value=${password} onInput=${(event) => setPassword(event.target.value)} data-testid="password" />
        ${problem && html`<span class="field__help field__help--error" role="alert" data-testid="signin-problem">${t(problem)}</span>`}</label>
      <button class="button button--main button--wide" aria-disabled=${busy} data-testid="signin">${busy ? html`<span class="spin"></span>${t('m.signing_in')}` : t('m.signin')}</button>
    </form><${Languages} /></div>`;
}
