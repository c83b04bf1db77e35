import { Icon, Ring, UnsentBanner, go, html, useEffect, useState, useStatus, useStored } from '../ui.js';
import { bundle } from '../bundle.js';
import { read } from '../database.js';
import { now, offset } from '../identity.js';
import { session } from '../session.js';
import { progress, roundRows } from '../work.js';
import { missing } from '../rules.js';
import { day, join, longDay, span, t, when } from '../words.js';
import { PlainHttp } from './signin.js';
import { RollCallLine } from './rollcall.js';

export const Dock = ({ on }) => html`<nav class="phone__dock" aria-label=${t('m.dock')}>
  <button class=${`tab${on === 'home' ? ' tab--on' : ''}`} onClick=${() => go('#/')} aria-current=${on === 'home' ? 'page' : undefined}><${Icon} name="home" />${t('m.today')}</button>
  <button class="scanbtn" onClick=${() => go('#/scan')} data-testid="scan"><span class="shutter"><${Icon} name="scan" /></span>${t('m.scan')}</button>
  <button class=${`tab${on === 'f-mine' ? ' tab--on' : ''}`} onClick=${() => go('#/mine')} aria-current=${on === 'mine' ? 'page' : undefined} data-testid="mine"><${Icon} name="person" />${t('m.mine')}</button></nav>`;

function greeting() {
  const hour = new Date(now()).getHours();
  return hour < 11 ? 'm.good_morning' : hour < 13 ? 'm.good_noon' : hour < 18 ? 'm.good_afternoon' : 'm.good_evening';
}

function SentLine() {
  const status = useStatus();
  const [linked, setLinked] = useState(navigator.onLine);
  useEffect(() => {
    const heard = () => setLinked(navigator.onLine);
    for (const kind of ['online', 'offline']) addEventListener(kind, heard);
    return () => ['online', 'offline'].forEach((kind) => removeEventListener(kind, heard));
  }, []);
  if (status.unsent || status.refused) return null;
  const words = status.sentAt ? t('m.all_sent', { time: when(status.sentAt) }) : t('m.nothing_owed');
  return html`<p class="f-sentline" data-testid="all-sent"><${Icon} name="check" />${words}</p>
    ${(status.state === 'offline' || !linked) && html`<p class="f-sentline f-sentline--off" data-testid="no-network"><${Icon} name="cloud_off" />${t('m.no_network')}</p>`}`;
}

/** Late by the day: due today is amber, as a clock is. */
const dueLine = (due, left, key) => {
  const today = new Date(now()).toISOString().slice(0, 10);
  if (!due) return t(key, { n: left });
  return due <= today ? t(`${key}_today`, { n: left }) : t(`${key}_by`, { n: left, day: day(due) });
};

function Tasks() {
  const known = bundle();
  const local = useStored(async () => {
    const rows = {};
    for (const one of bundle()?.stocktakes || []) rows[one.id] = await roundRows(one.id);
    const runs = (await read((db) => db.getAll('runs'))).filter((run) => run.person_id === session.person?.id);
    return { rows, runs };
  }) || { rows: {}, runs: [] };
  if (!known) return html`<p class="empty"><${Icon} name="cloud_off" /><span>${t('m.no_bundle')}</span></p>`;
  const counts = known.stocktakes || [];
  const rounds = (known.inspections || []).map((one) => ({ one, run: local.runs.filter((run) => run.inspection_id === one.id).at(-1) })).filter(({ run }) => !run?.finished_at);
  if (!counts.length && !rounds.length) {
    return html`<div class="empty" data-testid="nothing"><svg viewBox="0 0 52 52" aria-hidden="true"><circle cx="26" cy="25" r="14" fill="none" stroke="currentColor" stroke-width="3" /><path d="M8 39.5h36" stroke="currentColor" stroke-width="2" /></svg><p>${t('m.nothing_to_do')}</p></div>`;
  }
  return html`<ul class="list">
    ${counts.map((one) => {
      const { counted, total, left } = progress(one, local.rows[one.id] || []);
      const mine = one.mode === 'self' && one.round !== 2;
      return html`<li key=${one.id}><button class="item item--act" onClick=${() => go(`#/stocktake/${one.id}`)} data-testid="stocktake"><${Ring} part=${counted} whole=${total || counted} />
        <span class="item__body"><span class="item__title">${one.title}</span><span class="item__meta">${total === null ? join([t('m.count_blind'), one.due_on && t('m.due_by', { day: day(one.due_on) })]) : !left.length ? t(mine ? 'm.answer_all' : 'm.count_all') : dueLine(one.due_on, left.length, mine ? 'm.answer_left' : 'm.count_left')}</span></span>
        <span class="quiet num">${total === null ? counted : `${counted}/${total}`}</span></button></li>`;
    })}
    ${rounds.map(({ one, run }) => {
      const points = run?.points || one.points;
      const done = run ? points.filter((point) => run.answers[point.id] && !missing(point.questions, run.answers[point.id]).length).length : 0;
      const today = one.due_on && one.due_on <= new Date(now()).toISOString().slice(0, 10);
      return html`<li key=${one.id}><button class="item item--act" onClick=${() => go(`#/inspection/${one.id}`)} data-testid="inspection"><${Ring} part=${done} whole=${points.length} late=${today} />
        <span class="item__body"><span class="item__title">${one.title}</span><span class="item__meta">${dueLine(one.due_on, points.length - done, 'm.round_left')}</span></span>
        <span class="quiet num">${done}/${points.length}</span></button></li>`;
    })}</ul>`;
}

/** Records in a browser tab live days, not weeks (pitfall T27): said where there is something to lose or the browser made no promise. */
function Loose() {
  const status = useStatus();
  if (status.storage !== 'loose' || !isSecureContext) return null;
  return html`<button class="banner banner--act banner--inline" onClick=${() => go('#/mine')} data-testid="not-installed"><${Icon} name="lock" /><span><strong>${t('m.not_installed')}</strong><br />${t('m.not_installed_sub')}</span></button>`;
}

export function Home() {
  const known = bundle();
  const skew = Math.abs(offset());
  return html`<${UnsentBanner} /><header class="phone__head"><h1>${t(greeting(), { name: session.person.name })}</h1><p class="sub f-head__day">${longDay(now())}</p></header>
    <div class="phone__body"><${SentLine} />
      ${skew > 300000 && html`<p class="banner banner--inline" data-testid="skew"><${Icon} name="clock" /><span>${t(offset() < 0 ? 'm.clock_ahead' : 'm.clock_behind', { span: span(skew) })}</span></p>`}
      <${Loose} />
      <${PlainHttp} />
      <h2>${t('m.now_to_do')}</h2><${Tasks} />
      <h2>${t('m.waiting_for_me')}</h2><ul class="list"><${RollCallLine} go=${go} />
        <li><button class="item item--act" onClick=${() => go('#/collect')} data-testid="collect"><span class="mark"><${Icon} name="box" /></span><span class="item__body"><span class="item__title">${t('m.collect')}</span><span class="item__meta">${t('m.collect_sub')}</span></span><${Icon} name="go" /></button></li>
        <li><button class="item item--act" onClick=${() => go('#/hand')} data-testid="hand"><span class="mark"><${Icon} name="swap" /></span><span class="item__body"><span class="item__title">${t('m.hand')}</span><span class="item__meta">${t('m.hand_home')}</span></span><${Icon} name="go" /></button></li>
        ${known?.duties > 0 && html`<li><a class="item item--act" href="/my/duties"><span class="mark"><${Icon} name="list" /></span><span class="item__body"><span class="item__title">${t('m.duties', { n: known.duties })}</span><span class="item__meta">${t('m.needs_network')}</span></span><${Icon} name="go" /></a></li>`}
        <li><a class="item item--act" href="/my/find"><span class="mark"><${Icon} name="pin" /></span><span class="item__body"><span class="item__title">${t('m.find_room')}</span><span class="item__meta">${t('m.needs_network')}</span></span><${Icon} name="go" /></a></li>
        <li><a class="item item--act" href="/my/"><span class="mark"><${Icon} name="clock" /></span><span class="item__body"><span class="item__title">${t('m.online_pages')}</span><span class="item__meta">${t('m.needs_network')}</span></span><${Icon} name="go" /></a></li></ul></div>
    <${Dock} on="home" />`;
}
