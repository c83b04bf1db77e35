// A signature drawn with a finger: at the end of a round, and by whoever takes things.
import { Icon, html, useEffect, useRef, useState } from '../ui.js';
import { feedback } from '../feedback.js';
import { t } from '../words.js';

const round = (part) => Math.round(Math.min(1.1, Math.max(-0.1, part)) * 10000) / 10000;

/** `onDone(image, strokes)`: a small PNG, and the strokes as [x, y, ms] in parts of the field's width. `act` is what the button says once there is ink;
 * `onSkip`, where a signature may be left out. */
export function Signature({ title, act, onClose, onDone, onSkip }) {
  const canvas = useRef();
  const [strokes, setStrokes] = useState(0);
  const ink = useRef([]);
  const began = useRef(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const drawing = useRef(false);
  useEffect(() => {
    const at = canvas.current;
    const { width, height } = at.getBoundingClientRect();
    at.width = Math.round(width * 2);
    at.height = Math.round(height * 2);
    const brush = at.getContext('2d');
    brush.scale(2, 2);
    brush.fillStyle = '#fff';
    brush.fillRect(0, 0, width, height);
    Object.assign(brush, { lineWidth: 2.5, lineCap: 'round', lineJoin: 'round', strokeStyle: getComputedStyle(document.documentElement).getPropertyValue('--ink') });
  }, []);
  const spot = (event) => {
    const frame = canvas.current.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const note = (event) => {
    const { width } = canvas.current.getBoundingClientRect();
    const [x, y] = spot(event);
    ink.current.at(-1).push([round(x / width), round(y / width), Math.round(event.timeStamp - began.current)]);
  };
  const down = (event) => {
    canvas.current.setPointerCapture(event.pointerId);
    drawing.current = true;
    const brush = canvas.current.getContext('2d');
    brush.beginPath();
    brush.moveTo(...spot(event));
    began.current ||= event.timeStamp;
    ink.current.push([]);
    note(event);
  };
  const move = (event) => {
    if (!drawing.current) return;
    const brush = canvas.current.getContext('2d');
    brush.lineTo(...spot(event));
    brush.stroke();
    note(event);
  };
  const up = () => {
    if (drawing.current) setStrokes(strokes + 1);
    drawing.current = false;
  };
  const clear = () => {
    const brush = canvas.current.getContext('2d');
    brush.fillRect(0, 0, canvas.current.width, canvas.current.height);
    setStrokes(0);
    ink.current = [];
    began.current = 0;
  };
  const done = async () => {
    if (!strokes || busy) return;
    setBusy(true);
    try {
      await onDone(await new Promise((take) => canvas.current.toBlob(take, 'image/png')), ink.current);
    } catch {
      feedback('refused');
      setProblem(t('m.storage_full'));
      setBusy(false);
    }
  };
  return html`<div class="f-cover"><header class="f-head"><button class="round" aria-label=${t('m.back')} onClick=${onClose}><${Icon} name="back" /></button><div class="f-head__text"><h1 class="f-head__title">${t('m.sign_here')}</h1><p class="sub">${title}</p></div></header>
    <div class="phone__body"><canvas class="f-signature" ref=${canvas} aria-label=${t('m.sign_here')} onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${up} data-testid="signature"></canvas>
      <button class="button button--quiet" onClick=${clear}>${t('m.sign_again')}</button>${problem && html`<p class="field__help field__help--error" role="alert">${problem}</p>`}</div>
    <footer class="phone__foot"><button class="button button--main button--wide" aria-disabled=${!strokes || busy} onClick=${done} data-testid="signed">${strokes ? act : t('m.sign_first')}</button>${onSkip && !strokes && html`<button class="button button--quiet button--wide" onClick=${onSkip} data-testid="sign-skip">${t('m.sign_skip')}</button>`}</footer></div>`;
}
