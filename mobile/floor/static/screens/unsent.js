// Every record that is still owed: what, when, in which state. What the server refused stands on top, with the reason and a way out for it alone.
import { CodeSheet, Dialog, Head, Icon, Thumb, html, useState, useStatus, useStored } from '../ui.js';
import { lookUp, placeName } from '../bundle.js';
import { asSent, discard, entries, sentLately } from '../queue.js';
import { flush } from '../sync.js';
import { now } from '../identity.js';
import { readCode, showCode } from '../rules.js';
import { exportQueue, session } from '../session.js';
import { countStill, dropStill, stills } from '../stills.js';
import { canSeal } from '../vault.js';
import { titleOf as nameOf } from '../work.js';
import { handOver } from './mine.js';
import { knows, t, when } from '../words.js';

/** The reason in the person's words: the server's code in our sentences, else its own message. */
export function reasonOf(op) {
  const { code, message, facts } = op.answer || {};
  if (code && knows(code)) return t(code, facts);
  return message || t('m.refused_plain', { code: code || '' });
}

export const titleOf = (op) => {
  const { title, quantity, unit, person, place } = op.shown || {};
  if (!op.kind) return t('m.op_sealed', { n: op.device_seq });
  if (!knows(`m.op_${op.kind.replace('.', '_')}`)) return title || op.kind;
  return t(`m.op_${op.kind.replace('.', '_')}`, { thing: title || '', n: quantity ?? '', unit: unit || '', name: person || '', place: place || '' });
};

function download(op) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ ...asSent(op), answer: op.answer }, null, 1)], { type: 'application/json' }));
  link.download = `foyer-${op.device_seq}-${op.op_id.slice(0, 8)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A photo whose code nobody could read, or which shows several: type it, choose, or let it go. */
function Still({ still, onType, onDrop, onPick }) {
  const known = (still.codes || []).map((code) => ({ code, name: nameOf(lookUp(code)?.subject) || showCode(code) }));
  return html`<li class="item item--top" data-testid="still"><${Thumb} data=${still.data} type=${still.type} alt=${t('m.photo')} />
    <div class="item__body"><div class="item__title">${t('m.still_title', { place: placeName(still.context.place_id) || t('m.another_place') })}</div>
    <div class="item__meta${still.state === 'failed' ? ' item__meta--soon' : ''}">${still.state === 'queued' ? t('m.still_waiting') : known.length ? t('m.still_several') : t('m.still_unread')}</div>
    ${still.state === 'failed' && html`<div class="row item__acts">${known.map(({ code, name }) => html`<button class="button button--small" key=${code} onClick=${() => onPick(code)}>${name}</button>`)}
      <button class="button button--small" onClick=${onType} data-testid="still-type">${t('m.type_code')}</button><button class="button button--small button--quiet" onClick=${onDrop} data-testid="still-drop">${t('m.delete')}</button></div>`}</div><span class="sub num">${when(still.at)}</span></li>`;
}

export function Unsent() {
  const stored = useStored(async () => ({ owed: await entries(), sent: await sentLately(30), stills: await stills() }));
  const status = useStatus();
  const [dropping, setDropping] = useState(null);
  const [typing, setTyping] = useState(null);
  const [said, setSaid] = useState(null);
  if (!stored) return null;
  const mine = (op) => op.actor_id === session.person.id;
  const shown = stored.owed.filter(mine);
  const others = stored.owed.length - shown.length;
  const refused = shown.filter((op) => op.state === 'refused');
  const waiting = shown.filter((op) => op.state !== 'refused');
  const unread = stored.stills.filter((still) => still.state === 'failed');
  const unreadYet = stored.stills.filter((still) => still.state !== 'failed');
  const carry = async () => {
    const file = await exportQueue();
    if (file) handOver(file);
    setSaid(file ? t('m.export_done', { name: file.name, n: file.records }) : t('m.export_not_here'));
  };
  const counted = async (still, text) => {
    const { code, error } = readCode(text);
    if (error) return t(`m.code_${error.split('.')[1]}`);
    const { outcome } = await countStill(still, code);
    if (outcome === 'saved' || outcome === 'again') return null;
    return t(outcome === 'gone' ? 'm.gone_count' : 'm.still_not_counted');
  };
  const stillOf = (still) => html`<${Still} key=${still.id} still=${still} onType=${() => setTyping(still)} onDrop=${() => setDropping(still)} onPick=${async (code) => setSaid(await counted(still, code))} />`;
  return html`<${Head} title=${status.unsent ? t('m.unsent_title', { n: status.unsent }) : t('m.unsent_none')} sub=${status.state === 'offline' ? t('m.offline_since', { time: when(status.since || now()) }) : null} to="#/" />
    <div class="phone__body">
      ${said && html`<p class="banner banner--inline" role="status" data-testid="said">${said}</p>`}
      ${status.revoked && html`<p class="banner banner--bad banner--inline" data-testid="revoked"><${Icon} name="lock" /><span>${t('m.revoked')}</span></p>`}
      ${refused.length + unread.length > 0 && html`<h2>${t('m.needs_help')}</h2><ul class="list">${unread.map(stillOf)}${refused.map((op) => html`<li class="item item--top" key=${op.op_id} data-testid="refused-op"><span class="mark mark--busy"><${Icon} name="warn" /></span>
        <div class="item__body"><div class="item__title">${titleOf(op)}</div><div class="item__meta item__meta--busy" data-testid="reason">${reasonOf(op)}</div>
        <div class="row item__acts"><button class="button button--small" onClick=${() => download(op)} data-testid="export">${t('m.export')}</button><button class="button button--small button--stop" onClick=${() => setDropping(op)} data-testid="delete">${t('m.delete')}</button></div></div><span class="sub num">${when(op.occurred_at)}</span></li>`)}</ul>`}
      ${waiting.length + unreadYet.length > 0 && html`<h2>${t('m.not_up_yet')}</h2><ul class="list">${unreadYet.map(stillOf)}${waiting.map((op) => html`<li class="item" key=${op.op_id} data-testid="waiting-op"><span class="mark"><${Icon} name=${op.state === 'waiting' ? 'clock' : 'cloud_up'} /></span><div class="item__body"><div class="item__title">${titleOf(op)}</div>
        <div class="item__meta">${stateOf(op)}</div></div><span class="sub num">${when(op.occurred_at)}</span></li>`)}</ul>`}
      ${others > 0 && html`<p class="f-hintline" data-testid="others">${t('m.others_owed', { n: others })}</p>`}
      ${!shown.length && !stored.stills.length && html`<p class="f-sentline"><${Icon} name="check" />${status.sentAt ? t('m.all_sent', { time: when(status.sentAt) }) : t('m.nothing_owed')}</p>`}
      ${status.unsent > 0 && html`<section class="f-carry"><button class="button button--wide" onClick=${carry} data-testid="carry"><${Icon} name="file" />${t('m.carry')}</button><p class="sub">${t(canSeal() ? 'm.carry_sub' : 'm.export_not_here')}</p></section>`}
      ${stored.sent.some(mine) && html`<h2>${t('m.sent_lately')}</h2><ul class="list">${stored.sent.filter(mine).map((op) => html`<li class="item" key=${op.op_id} data-testid="sent-op"><span class="mark mark--free"><${Icon} name="check" /></span><div class="item__body"><div class="item__title">${titleOf(op)}</div><div class="item__meta">${t('m.arrived_at', { time: when(op.sent_at) })}</div></div>${op.occurred_at && html`<span class="sub num">${when(op.occurred_at)}</span>`}</li>`)}</ul>`}</div>
    ${status.unsent > 0 && html`<footer class="phone__foot"><button class="button button--main button--wide" aria-disabled=${status.state === 'sending'} onClick=${() => flush('button')} data-testid="send-now">${status.state === 'sending' ? html`<span class="spin"></span>${t('m.sending')}` : html`<${Icon} name="send" />${t('m.send_now')}`}</button></footer>`}
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${(text) => counted(typing, text)} onClose=${() => setTyping(null)} />`}
    ${dropping && html`<${Dialog} title=${t('m.delete_title', { thing: dropping.op_id ? titleOf(dropping) : t('m.photo') })} text=${t('m.delete_text')} safe=${t('m.keep')} act=${t('m.delete_this')} stop onSafe=${() => setDropping(null)} onAct=${() => (dropping.op_id ? discard(session.person, dropping.op_id) : dropStill(dropping.id), setDropping(null))} />`}`;
}

const WAITS = { 'waiting.quarantine': 'm.state_quarantine', 'waiting.update': 'm.state_update', 'waiting.server_older': 'm.state_server_older' };

function stateOf(op) {
  if (op.state === 'waiting') return t(WAITS[op.answer?.code] || 'm.state_waiting');
  return op.attachments?.length ? t('m.state_with_photo', { n: op.attachments.length }) : t('m.state_queued');
}
