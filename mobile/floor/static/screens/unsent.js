// Every record that is still owed: what, when, in which state. What the server refused stands on top, with the reason and a way out for it alone.
import { Dialog, Head, Icon, html, useState, useStatus, useStored } from '../ui.js';
import { asSent, discard, entries, sentLately } from '../queue.js';
import { flush } from '../sync.js';
import { now } from '../identity.js';
import { session } from '../session.js';
import { knows, t, when } from '../words.js';

/** The reason in the person's words: the server's code in our sentences, else its own message. */
export function reasonOf(op) {
  const { code, message, facts } = op.answer || {};
  if (code && knows(code)) return t(code, facts);
  return message || t('m.refused_plain', { code: code || '' });
}

const titleOf = (op) => {
  const { title, quantity, unit, person, place } = op.shown || {};
  return t(`m.op_${op.kind.replace('.', '_')}`, { thing: title || '', n: quantity ?? '', unit: unit || '', name: person || '', place: place || '' });
};

function download(op) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ ...asSent(op), answer: op.answer }, null, 1)], { type: 'application/json' }));
  link.download = `foyer-${op.device_seq}-${op.op_id.slice(0, 8)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function Unsent() {
  const stored = useStored(async () => ({ owed: await entries(), sent: await sentLately(30) }));
  const status = useStatus();
  const [dropping, setDropping] = useState(null);
  if (!stored) return null;
  const mine = (op) => op.actor_id === session.person.id;
  const shown = stored.owed.filter(mine);
  const others = stored.owed.length - shown.length;
  const refused = shown.filter((op) => op.state === 'refused');
  const waiting = shown.filter((op) => op.state !== 'refused');
  return html`<${Head} title=${status.unsent ? t('m.unsent_title', { n: status.unsent }) : t('m.unsent_none')} sub=${status.state === 'offline' ? t('m.offline_since', { time: when(status.since || now()) }) : null} to="#/" />
    <div class="phone__body">
      ${refused.length > 0 && html`<h2>${t('m.needs_help')}</h2><ul class="list">${refused.map((op) => html`<li class="item item--top" key=${op.op_id} data-testid="refused-op"><span class="mark mark--busy"><${Icon} name="warn" /></span>
        <div class="item__body"><div class="item__title">${titleOf(op)}</div><div class="item__meta item__meta--busy" data-testid="reason">${reasonOf(op)}</div>
        <div class="row item__acts"><button class="button button--small" onClick=${() => download(op)} data-testid="export">${t('m.export')}</button><button class="button button--small button--stop" onClick=${() => setDropping(op)} data-testid="delete">${t('m.delete')}</button></div></div><span class="sub num">${when(op.occurred_at)}</span></li>`)}</ul>`}
      ${waiting.length > 0 && html`<h2>${t('m.not_up_yet')}</h2><ul class="list">${waiting.map((op) => html`<li class="item" key=${op.op_id} data-testid="waiting-op"><span class="mark"><${Icon} name="cloud_up" /></span><div class="item__body"><div class="item__title">${titleOf(op)}</div>
        <div class="item__meta">${op.state === 'waiting' ? t('m.state_waiting') : op.attachments?.length ? t('m.state_with_photo', { n: op.attachments.length }) : t('m.state_queued')}</div></div><span class="sub num">${when(op.occurred_at)}</span></li>`)}</ul>`}
      ${others > 0 && html`<p class="f-hintline" data-testid="others">${t('m.others_owed', { n: others })}</p>`}
      ${!shown.length && html`<p class="f-sentline"><${Icon} name="check" />${status.sentAt ? t('m.all_sent', { time: when(status.sentAt) }) : t('m.nothing_owed')}</p>`}
      ${stored.sent.length > 0 && html`<h2>${t('m.sent_lately')}</h2><ul class="list">${stored.sent.filter(mine).map((op) => html`<li class="item" key=${op.op_id} data-testid="sent-op"><span class="mark mark--free"><${Icon} name="check" /></span><div class="item__body"><div class="item__title">${titleOf(op)}</div><div class="item__meta">${t('m.arrived_at', { time: when(op.sent_at) })}</div></div><span class="sub num">${when(op.occurred_at)}</span></li>`)}</ul>`}</div>
    ${status.unsent > 0 && html`<footer class="phone__foot"><button class="button button--main button--wide" aria-disabled=${status.state === 'sending'} onClick=${() => flush('button')} data-testid="send-now">${status.state === 'sending' ? html`<span class="spin"></span>${t('m.sending')}` : html`<${Icon} name="send" />${t('m.send_now')}`}</button></footer>`}
    ${dropping && html`<${Dialog} title=${t('m.delete_title', { thing: titleOf(dropping) })} text=${t('m.delete_text')} safe=${t('m.keep')} act=${t('m.delete_this')} stop onSafe=${() => setDropping(null)} onAct=${() => (discard(dropping.op_id), setDropping(null))} />`}`;
}
