// Counting: no taps at all. The camera stays on, each scan is on the disk before the beep, and the list says what is saved where.
import { CodeSheet, Dialog, Finder, Head, Icon, PhotoThumb, Pullup, Stepper, UnsentBanner, go, html, useEffect, useState, useStored } from '../ui.js';
import { bundle, place } from '../bundle.js';
import { meta } from '../database.js';
import { feedback } from '../feedback.js';
import { showCode } from '../rules.js';
import { clock, join, t } from '../words.js';
import { readPhoto } from '../stills.js';
import { CONDITIONS, againLeft, countsHere, declareLine, handIn, keepHere, keepPhoto, placeOf, placesOf, progress, reportFind, roundRows, scanInCount, setPlace, tellCondition, titleOf, undoCount } from '../work.js';

const ROWS_AT_ONCE = 60; // a shelf of ten thousand is not drawn at once

const stocktakeOf = (id) => bundle()?.stocktakes?.find((one) => one.id === id);

const Gone = () => html`<${Head} title=${t('m.gone_title')} to="#/" /><div class="phone__body"><p class="second">${t('m.gone_count')}</p></div>`;

/** What a scan did, in one line over the picture, and what the ear hears of it. */
function sentenceOf(result) {
  const { outcome, row } = result;
  if (outcome === 'error') return ['refused', t(`m.code_${result.error.split('.')[1]}`)];
  if (outcome === 'no_place') return ['refused', t('m.scan_place_first')];
  if (outcome === 'other_place') return ['refused', t('m.place_not_in_count', { place: result.place.name })];
  if (outcome === 'not_counted') return ['refused', t('m.not_counted_here', { thing: titleOf(result.subject) })];
  if (outcome === 'place') return ['saved', t('m.counting_in', { place: result.place.name })];
  if (outcome === 'again') return ['again', t('m.counted_again', { n: row.scans, time: clock(result.first.at), thing: row.title })];
  if (result.unknown) return ['saved', t('m.saved_unknown', { code: showCode(row.code) })];
  if (result.row?.question === 'moved') return ['saved', t(result.row.seen_there ? 'm.saved_seen_in' : 'm.saved_booked_at', { thing: result.row.title, place: place(result.row.from_place)?.name || t('m.another_place') })];
  if (result.old) return ['saved', t('m.saved_old_label', { thing: row.title })];
  return ['saved', t('m.saved_nth', { n: result.nth, thing: row.title })];
}

export function Count({ parts: [id] }) {
  const stocktake = stocktakeOf(id);
  const stored = useStored(async () => ({ rows: await roundRows(id), placeId: await placeOf({ id }) }), [id]);
  const [typing, setTyping] = useState(false);
  const [line, setLine] = useState(null);
  const [asking, setAsking] = useState(null); // a supply whose quantity is asked
  const [finding, setFinding] = useState(null); // a row, or {} for a thing without a label
  const [ending, setEnding] = useState(false);
  const [chosen, setShow] = useState(null);
  const [most, setMost] = useState(ROWS_AT_ONCE);
  if (!stocktake) return html`<${Gone} />`;
  if (!stored) return null;
  const places = placesOf(stocktake);
  const placeId = places.some((one) => one.id === stored.placeId) ? stored.placeId : places.length === 1 ? places[0].id : null;
  const { rows } = stored;
  const all = progress(stocktake, rows);
  const here = progress(stocktake, rows, placeId);
  const room = place(placeId);
  const second = stocktake.round === 2;
  const left = second ? [] : here.left; // in a second round everything is asked for by name, wherever it stands
  const again = againLeft(stocktake, rows);
  const show = chosen === 'again' && again.length ? 'again' : chosen === 'left' && left.length ? 'left' : chosen || !again.length ? 'done' : 'again';
  const open = second ? again : left;
  const shownLines = show === 'again' ? again : left;

  const scanned = async (text, quantity) => {
    let result;
    try {
      result = await scanInCount(stocktake, placeId, text, quantity);
      if (result.outcome === 'saved') result.nth = progress(stocktake, await roundRows(id)).counted;
    } catch (error) {
      console.warn('not saved', error?.name);
      feedback('refused');
      setLine({ kind: 'refused', text: t('m.storage_full') });
      return t('m.storage_full');
    }
    if (result.outcome === 'place') await setPlace(stocktake, result.place.id);
    if (result.outcome === 'quantity') {
      const before = rows.find((row) => row.place_id === placeId && row.code === result.code && countsHere(row));
      setAsking({ ...result, text, before, quantity: before?.quantity ?? '' });
      feedback('saved');
      return null;
    }
    const [kind, sentence] = sentenceOf(result);
    feedback(kind);
    setLine({ kind, text: sentence });
    return kind === 'refused' ? sentence : null;
  };

  /** A photo of a label nobody here could read: by the server, now or once there is a network again. */
  const photographed = async (file) => {
    if (!placeId) {
      feedback('refused');
      setLine({ kind: 'refused', text: t('m.scan_place_first') });
      return null;
    }
    try {
      const codes = await readPhoto(file, { stocktake_id: id, place_id: placeId });
      if (codes === null) {
        feedback('saved');
        setLine({ kind: 'saved', text: t('m.still_kept') });
      } else if (!codes.length) {
        feedback('refused');
        setLine({ kind: 'refused', text: t('m.still_unread') });
        return null;
      }
      return codes;
    } catch (error) {
      feedback('refused');
      setLine({ kind: 'refused', text: error?.name === 'QuotaExceededError' ? t('m.storage_full') : t('m.photo_unreadable') });
      return null;
    }
  };

  const done = async () => {
    await handIn(stocktake, placeId);
    setEnding(false);
    go(places.length > 1 ? `#/stocktake/${id}/places` : '#/');
  };
  const list = rows.filter((row) => row.place_id === placeId).sort((a, b) => (a.question && !b.question ? -1 : b.question && !a.question ? 1 : b.last_at - a.last_at));
  return html`<header class="f-head"><button class="round" aria-label=${t('m.back')} onClick=${() => go('#/')}><${Icon} name="back" /></button>
      <button class="f-head__text f-head__text--act" onClick=${() => go(`#/stocktake/${id}/places`)} data-testid="place"><h1 class="f-head__title">${room?.name || t('m.choose_place')}</h1><p class="sub">${stocktake.round === 2 ? t('m.count_again', { title: stocktake.title }) : stocktake.title}</p></button>
      <span class="f-head__sum num" data-testid="progress"><b>${all.counted}</b>${all.total !== null && html`<span class="quiet">/${all.total}</span>`}</span></header>
    ${all.total !== null && html`<div class="bar bar--head"><i style=${{ width: `${all.total ? Math.min(100, (100 * all.counted) / all.total) : 0}%` }}></i></div>`}
    <${UnsentBanner} over />
    <${Finder} onText=${scanned} onPhoto=${photographed} many=${stocktake.kind === 'asset'} hint=${placeId ? null : t('m.scan_place_first')} good=${line?.kind === 'saved'} paused=${typing || asking || finding || ending}>
      ${line && html`<p class=${`f-finder__line f-finder__line--${line.kind}`} role="status" data-testid="line" data-kind=${line.kind}><${Icon} name=${line.kind === 'refused' ? 'warn' : line.kind === 'again' ? 'undo' : 'cloud_up'} />${line.text}</p>`}</${Finder}>
    <div class="phone__body">
      ${(left.length > 0 || again.length > 0 || placeId) && html`<div class="f-chips" role="group">${again.length > 0 && html`<button class=${`chip${show === 'again' ? ' chip--on' : ''}`} onClick=${() => setShow('again')} data-testid="again">${t('m.chip_again')} <b>${again.length}</b></button>`}
        ${(left.length > 0 || again.length > 0) && html`<button class=${`chip${show === 'done' ? ' chip--on' : ''}`} onClick=${() => setShow('done')} data-testid="scanned">${t('m.chip_done')} <b>${list.length}</b></button>`}
        ${left.length > 0 && html`<button class=${`chip${show === 'left' ? ' chip--on' : ''}`} onClick=${() => setShow('left')} data-testid="left">${t('m.chip_left')} <b>${left.length}</b></button>`}
        ${placeId && html`<button class="chip chip--act" onClick=${() => setFinding({})} data-testid="find"><${Icon} name="camera" />${t('m.no_label')}</button>`}</div>`}
      ${show !== 'done'
        ? html`<ul class="list">${shownLines.slice(0, most).map((one) => html`<${Left} key=${one.line_id} line=${one} stocktake=${stocktake} places=${places} placeId=${placeId} onSaid=${(text) => (feedback('saved'), setLine({ kind: 'saved', text }))} onFull=${() => (feedback('refused'), setLine({ kind: 'refused', text: t('m.storage_full') }))} />`)}</ul>`
        : html`<ul class="list">${list.slice(0, most).map((row) => html`<${Row} key=${row.id} row=${row} stocktake=${stocktake} onFind=${() => setFinding(row)} />`)}</ul>`}
      ${(show === 'done' ? list : shownLines).length > most && html`<button class="button button--quiet button--wide" onClick=${() => setMost(most + ROWS_AT_ONCE)}>${t('m.rows_more', { n: (show === 'done' ? list : shownLines).length - most })}</button>`}
      ${show === 'done' && !list.length && html`<p class="f-hintline">${placeId ? t('m.count_start') : t('m.count_choose')}</p>`}</div>
    <footer class="phone__foot phone__foot--two"><button class="button" onClick=${() => setTyping(true)} data-testid="type"><${Icon} name="keyboard" />${t('m.type_code')}</button>
      ${placeId
        ? html`<button class="button button--main" onClick=${() => (open.length ? setEnding(true) : done())} data-testid="done-here">${t('m.done_here')}</button>`
        : html`<button class="button button--main" onClick=${() => go(`#/stocktake/${id}/places`)}>${t('m.choose_place')}</button>`}</footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${(text) => scanned(text)} onClose=${() => setTyping(false)} />`}
    ${asking && html`<${HowMany} asking=${asking} onClose=${() => setAsking(null)} onDone=${async (quantity) => (setAsking(null), scanned(asking.text, quantity))} />`}
    ${finding && html`<${Find} stocktake=${stocktake} placeId=${placeId} row=${finding.id ? finding : null} onClose=${() => setFinding(null)} />`}
    ${ending && html`<${Dialog} title=${t('m.done_left_title', { n: open.length, place: room.name })} text=${join([...open.slice(0, 3).map(titleOf), open.length > 3 && t('m.and_more', { n: open.length - 3 })])} safe=${t('m.go_on_counting')} act=${t('m.done_anyway')} onSafe=${() => setEnding(false)} onAct=${done} />`}`;
}

/** A line that nobody has seen yet: with its keeper's own answers, or "I looked, it is not there" where it is counted again. */
function Left({ line, stocktake, places, placeId, onSaid, onFull }) {
  const [elsewhere, setElsewhere] = useState(false);
  const [many, setMany] = useState(false);
  const mine = stocktake.mode === 'self' && stocktake.round !== 2;
  const again = stocktake.round === 2 || (stocktake.again || []).some((one) => one.line_id === line.line_id);
  const say = (answer, at, quantity) => declareLine(stocktake, line, answer, at, quantity).then(() => onSaid(t(`m.said_${answer}`, { thing: titleOf(line) })), onFull);
  return html`<li class="item item--top" data-testid="left-line"><span class="mark"><${Icon} name="label" /></span><div class="item__body"><div class="item__title">${titleOf(line)}</div><div class="item__meta">${again && line.place_id ? `${place(line.place_id)?.name || ''} ` : ''}${line.number || ''} <span class="code">${showCode(line.label)}</span>${mine && line.bulk ? html` <b>${t('m.pieces', { n: line.pieces, unit: line.unit })}</b>` : ''}</div>
    ${(mine || again) && html`<div class="row item__acts">
      ${mine && html`<button class="button button--small" onClick=${() => say('here')} data-testid="say-here">${line.bulk ? t('m.say_all_here', { n: line.pieces, unit: line.unit }) : t('m.say_here')}</button>${line.bulk ? html`<button class="button button--small" onClick=${() => setMany(true)} data-testid="say-many">${t('m.say_many')}</button>` : ''}<button class="button button--small" onClick=${() => setElsewhere(true)} data-testid="say-elsewhere">${t('m.say_elsewhere')}</button>`}
      <button class="button button--small button--quiet" onClick=${() => say('absent')} data-testid="say-absent">${t('m.say_absent')}</button></div>`}</div>
    ${many && html`<${HowMany} asking=${{ subject: line, quantity: '' }} onClose=${() => setMany(false)} onDone=${(quantity) => (setMany(false), quantity ? say('here', undefined, quantity) : say('absent'))} />`}
    ${elsewhere && html`<${Pullup} label=${t('m.where_is_it')} onClose=${() => setElsewhere(false)}><h1 class="f-sheet__title">${t('m.where_is_it')}</h1><ul class="list">${bundle().places.filter((one) => one.kind === 'room' || places.some((place) => place.id === one.id)).map((one) => html`<li key=${one.id}><button class="item item--act" onClick=${() => (setElsewhere(false), say('elsewhere', one.id))}><span class="item__body"><span class="item__title">${one.name}</span><span class="item__meta">${one.path || ''}</span></span></button></li>`)}</ul></${Pullup}>`}</li>`;
}

function stateOf(row) {
  const last = row.events.at(-1);
  if (!last) return ['label', ''];
  if (!countsHere(row) && last.undone) return ['undo', t('m.row_undone')];
  if (last.state === 'refused') return ['warn', t('m.row_refused')];
  if (row.answer) return [last.state === 'sent' ? 'check' : 'cloud_up', t(`m.said_${row.answer}`, { thing: '' }).trim()];
  if (row.scans > 1 && row.quantity === undefined) return [last.state === 'sent' ? 'check' : 'cloud_up', t('m.scanned_n_times', { n: row.scans })];
  return last.state === 'sent' ? ['check', t('m.row_sent')] : ['cloud_up', t('m.row_saved')];
}

function Row({ row, stocktake, onFind }) {
  const [open, setOpen] = useState(false);
  const [icon, state] = stateOf(row);
  const moved = row.question === 'moved';
  const unknown = row.question === 'unknown';
  const mark = moved || unknown ? 'soon' : icon === 'check' ? 'free' : icon === 'warn' ? 'busy' : '';
  const time = row.events[0] ? clock(row.events[0].at) : '';
  return html`<li class=${`item item--top${countsHere(row) ? '' : ' item--gone'}`} data-testid="row" data-question=${row.question || ''} data-state=${icon}>
    <span class=${`mark${mark ? ` mark--${mark}` : ''}`}><${Icon} name=${moved ? 'pin' : unknown ? 'label' : icon} /></span>
    <div class="item__body"><button class="item__press" aria-expanded=${open} onClick=${() => setOpen(!open)}><span class="item__title">${row.quantity !== undefined ? t('m.times', { thing: row.title, n: row.quantity }) : row.title}</span>
      ${moved && html`<span class="item__meta item__meta--soon">${t(row.seen_there ? 'm.seen_in' : 'm.booked_at', { place: place(row.from_place)?.name || t('m.another_place') })}</span>`}
      ${unknown && html`<span class="item__meta item__meta--soon">${t('m.label_unknown_row')}</span>`}
      <span class="item__meta">${state}${row.condition ? html` <b>${t(`stocktake.condition.${row.condition}`)}</b>` : ''}${row.find ? ` ${row.find}` : ''}</span></button>
      ${(moved || unknown || open) && html`<div class="row item__acts">
        ${moved && html`<button class="button button--small" onClick=${() => keepHere(row)} data-testid="keep-here">${t('m.record_here', { place: place(row.place_id)?.name })}</button>
          <button class="button button--small button--quiet" onClick=${() => undoCount(row)} data-testid="passing">${t('m.just_passing')}</button>`}
        ${unknown && html`<button class="button button--small" onClick=${onFind} data-testid="describe"><${Icon} name="camera" />${t('m.describe_it')}</button>`}
        ${open && !moved && countsHere(row) && row.code && html`<button class="button button--small button--quiet" onClick=${() => (setOpen(false), undoCount(row))} data-testid="undo">${t('m.undo')}</button>`}
        ${open && row.code && html`<span class="sub code">${showCode(row.code)}</span>`}</div>`}
      ${open && stocktake.kind === 'asset' && row.subject_id && countsHere(row) && !row.answer && html`<div class="choice choice--many f-condition" role="group" aria-label=${t('m.condition')}>${CONDITIONS.map((one) => html`<button class=${`choice__one${row.condition === one ? ' choice__one--on' : ''}`} key=${one} aria-pressed=${row.condition === one} onClick=${() => tellCondition(stocktake, row, one)} data-testid=${`condition-${one}`}>${t(`stocktake.condition.${one}`)}</button>`)}</div>`}</div>
    <span class="sub num">${time}</span></li>`;
}

function HowMany({ asking, onClose, onDone }) {
  const [quantity, setQuantity] = useState(asking.quantity);
  const ready = quantity !== '';
  return html`<${Pullup} label=${titleOf(asking.subject) || showCode(asking.code)} onClose=${onClose}><h1 class="f-sheet__title">${titleOf(asking.subject) || showCode(asking.code)}</h1>
    <p class="sub">${asking.before ? t('m.counted_before', { n: asking.before.quantity, time: clock(asking.before.events.at(-1).at) }) : t('m.how_many', { unit: asking.subject?.unit || '' })}</p>
    <div class="f-sheet__row"><${Stepper} value=${quantity} onChange=${setQuantity} label=${t('m.how_many', { unit: '' })} /><span class="second">${asking.subject?.unit || ''}</span></div>
    <button class="button button--main button--wide" aria-disabled=${!ready} onClick=${() => ready && onDone(Number(quantity))} data-testid="quantity-done">${ready ? t('m.record_n', { n: quantity, unit: asking.subject?.unit || '' }) : t('m.number_first')}</button></${Pullup}>`;
}

/** A thing nobody knows: photo and a few words, so that the office can find out. */
function Find({ stocktake, placeId, row, onClose }) {
  const [photos, setPhotos] = useState([]);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState(null);
  const add = async (event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (!file) return;
    try {
      const hash = await keepPhoto(file);
      setPhotos([...new Set([...photos, hash])]);
    } catch (error) {
      setProblem(error?.name === 'QuotaExceededError' ? t('m.storage_full') : t('m.photo_unreadable'));
    }
  };
  const ready = photos.length > 0 && text.trim();
  const save = async () => {
    if (!ready) return;
    try {
      await reportFind(stocktake, placeId, { code: row?.code, description: text.trim(), photos, row });
      feedback('saved');
      onClose();
    } catch {
      feedback('refused');
      setProblem(t('m.storage_full'));
    }
  };
  return html`<${Pullup} label=${t('m.find_title')} onClose=${onClose}><h1 class="f-sheet__title">${row?.code ? t('m.find_code', { code: showCode(row.code) }) : t('m.find_title')}</h1>
    <div class="f-photos">${photos.map((hash) => html`<${PhotoThumb} key=${hash} sha256=${hash} />`)}
      <label class="button f-photo f-photo--add"><${Icon} name="camera" />${photos.length ? t('m.photo_more') : t('m.photo_take')}<input class="f-hidden" type="file" accept="image/*" capture="environment" onChange=${add} data-testid="find-photo" /></label></div>
    <label class="field"><span class="field__label">${t('m.find_what')}</span><textarea class="field__box field__input" rows="2" maxlength="500" value=${text} placeholder=${t('m.find_example')} onInput=${(event) => setText(event.target.value)} data-testid="find-text"></textarea></label>
    ${problem && html`<p class="field__help field__help--error" role="alert">${problem}</p>`}
    <button class="button button--main button--wide f-sheet__act" aria-disabled=${!ready} onClick=${save} data-testid="find-save">${ready ? t('m.find_save') : !photos.length ? t('m.find_photo_first') : t('m.find_words_first')}</button></${Pullup}>`;
}

export function CountPlaces({ parts: [id] }) {
  const stocktake = stocktakeOf(id);
  const stored = useStored(async () => ({ rows: await roundRows(id), done: (await meta(`done:${id}`)) || {} }), [id]);
  const [typing, setTyping] = useState(false);
  const [line, setLine] = useState(null);
  if (!stocktake) return html`<${Gone} />`;
  const choose = async (placeId) => {
    await setPlace(stocktake, placeId);
    go(`#/stocktake/${id}`);
  };
  const scanned = async (text) => {
    const result = await scanInCount(stocktake, null, text);
    if (result.outcome === 'place') {
      feedback('saved');
      await choose(result.place.id);
      return null;
    }
    const [, sentence] = sentenceOf(result.outcome === 'quantity' ? { outcome: 'no_place' } : result);
    feedback('refused');
    setLine(sentence);
    return sentence;
  };
  const rows = stored?.rows || [];
  const places = placesOf(stocktake);
  const busy = new Set((stocktake.expected || []).map((one) => one.place_id));
  const listed = stocktake.expected ? [...places.filter((one) => busy.has(one.id)), ...places.filter((one) => !busy.has(one.id))] : places;
  return html`<${Head} title=${t('m.choose_place')} sub=${stocktake.title} to="#/" /><${UnsentBanner} over />
    <${Finder} onText=${scanned} hint=${t('m.scan_door_label')} paused=${typing}>${line && html`<p class="f-finder__line f-finder__line--refused" role="status" data-testid="line"><${Icon} name="warn" />${line}</p>`}</${Finder}>
    <div class="phone__body"><ul class="list">${listed.map((one) => {
      const { counted, total } = progress(stocktake, rows, one.id);
      const finished = stored?.done[one.id];
      return html`<li key=${one.id}><button class="item item--act" onClick=${() => choose(one.id)} data-testid="place-row"><span class=${`mark${finished ? ' mark--free' : ''}`}><${Icon} name=${finished ? 'check' : 'pin'} /></span>
        <span class="item__body"><span class="item__title">${one.name}</span><span class="item__meta">${finished ? t('m.place_done', { time: clock(finished) }) : one.path || ''}</span></span>
        <span class="quiet num">${total === null ? counted || '' : total ? `${counted}/${total}` : counted || ''}</span></button></li>`;
    })}</ul></div>
    <footer class="phone__foot"><button class="button button--wide" onClick=${() => setTyping(true)} data-testid="type"><${Icon} name="keyboard" />${t('m.type_code')}</button></footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${scanned} onClose=${() => setTyping(false)} />`}`;
}
