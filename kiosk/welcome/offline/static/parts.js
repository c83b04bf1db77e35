// The parts of the page without a server, in the shapes of the living one: a heading, a field with keys, choices, the notice with its signature.
import { Component, html } from './preact.js';
import { Pen } from './pen.js';
import { Camera } from './scanner.js';

export const Frame = {
  head: (title, say = '', mark = '') => html`<section class="kiosk__head">${mark && html`<svg class=${`icon kiosk__mark kiosk__mark--${mark}`} viewBox="0 0 24 24" aria-hidden="true"><path d=${mark === 'check' ? 'm5 12.8 4.600 4.600L19.200 7.200' : 'M12 4.500v10M12 18.500v.2'}/></svg>`}
    <h1>${title}</h1>${say.split('\n').map((line) => html`<p>${line}</p>`)}</section>`,
};

const LETTERS = ['QWERTYUIOP', 'ASDFGHJKL', 'ZXCVBNM'], DIGITS = ['123', '456', '789'], SIGNS = ['23456789', 'ABCDEFGHJK', 'MNPQRSTUVW', 'XYZ'];
const tidy = (text) => (/^[\x20-\x7e]+$/.test(text) && text === text.toUpperCase() && text.length > 3 ? text.toLowerCase().replace(/(^|[ -])([a-z])/g, (all, before, sign) => before + sign.toUpperCase()) : text);

/** One question's answer: a real field (the device's own keyboard writes Chinese) with our keys below. */
export class Field extends Component {
  constructor(props) {
    super(props);
    this.state = { text: props.value || '', digits: false };
  }

  type(sign) {
    if ([...this.state.text].length < this.props.most) this.setState({ text: this.state.text + sign });
  }

  go() {
    const text = this.state.text.trim();
    if (text || !this.props.needed) this.props.done(this.props.signs ? text : tidy(text));
  }

  render({ w, label, act, signs, needed, most, also }, { text, digits }) {
    const lines = signs ? SIGNS : digits ? DIGITS : LETTERS;
    const key = (sign) => html`<button type="button" class="pad__key" onClick=${() => this.type(sign)}>${sign}</button>`;
    return html`<section class="kiosk__keys"><div class="keypad"><div class="field__box field__box--focus"><input class="keypad__field" value=${text} maxlength=${most} autocomplete="off" autocorrect="off" spellcheck=${false} aria-label=${label}
        onInput=${(e) => this.setState({ text: e.target.value })} onKeyDown=${(e) => e.key === 'Enter' && !e.isComposing && this.go()}/></div>
      <div class="pad">${lines.map((line, row) => html`<div class="pad__line">${[...line].map(key)}${row === lines.length - 1 && html`<button type="button" class="pad__key pad__key--wide" aria-label=${w('web.key_delete')}
        onClick=${() => this.setState({ text: [...text].slice(0, -1).join('') })}>⌫</button>`}</div>`)}
        <div class="pad__line">${!signs && html`<button type="button" class="pad__key pad__key--wide" onClick=${() => document.querySelector('.keypad__field').focus()}>${w('web.key_hanzi')}</button>
          <button type="button" class="pad__key pad__key--wide" onClick=${() => this.setState({ digits: !digits })}>${w(digits ? 'web.key_letters' : 'web.key_digits')}</button>${digits && key('0')}
          <button type="button" class="pad__key pad__key--wide" onClick=${() => this.type(' ')}>${w('web.key_space')}</button>`}
          <button type="button" class="pad__key pad__key--wide pad__key--dark" aria-disabled=${String(Boolean(needed && !text.trim()))} onClick=${() => this.go()}>${act}</button></div></div></div></section>
      ${also && html`<section class="kiosk__also">${also}</section>`}`;
  }
}

export const Choices = ({ items, choose }) => html`<section class="kiosk__choices">${items.map(([key, words]) => html`<button type="button" class="button" onClick=${() => choose(key)}><span>${words}</span></button>`)}</section>`;

/** The camera's eye: the floor app's reader, kept here too. It says what is wrong, and typing stays possible. */
export class Eye extends Component {
  constructor(props) {
    super(props);
    this.state = { state: 'asking' };
  }

  componentDidMount() {
    this.camera = new Camera(this.video, (text) => text.length <= 300 && this.props.found(text), (state) => this.setState({ state }));
    this.camera.start();
  }

  componentWillUnmount() {
    this.camera?.close();
  }

  render({ w }, { state }) {
    const words = { none: window.isSecureContext ? 'web.camera_none' : 'web.camera_insecure', denied: 'web.camera_denied', failed: 'web.camera_busy', lost: 'web.camera_busy' };
    return html`<div class="scanner"><video ref=${(e) => (this.video = e)} muted playsinline></video>${state === 'on' ? html`<div class="scanner__frame" aria-hidden="true"></div>` : html`<p class="scanner__say" role="status">${w(words[state] || 'web.scanning')}</p>`}</div>`;
  }
}

/** Low reach and large letters, one touch each; forgotten with the visitor. The living kiosk's twin (kiosk/welcome/ease.js). */
export class Ease extends Component {
  turn(name, value) {
    const now = document.documentElement.dataset;
    if (now[name]) delete now[name];
    else now[name] = value;
    this.setState({});
  }

  render({ w }) {
    const now = document.documentElement.dataset;
    const one = (name, value, words, mark) => html`<button type="button" class="ease__one" data-ease=${name} aria-pressed=${String(now[name] === value)} onClick=${() => this.turn(name, value)}>${mark}<span>${w(words)}</span></button>`;
    return html`<div class="ease" role="group" aria-label=${w('kiosk.ease.group')}>
      ${one('reach', 'low', 'kiosk.ease.reach_short', html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="9.500" cy="4.500" r="1.800"/><path d="M9.500 8v5.500h5l2.500 5M9.500 10.500h4M7 11.500a4.500 4.500 0 1 0 6.300 6.300"/></svg>`)}
      ${one('text', 'large', 'kiosk.ease.text_short', html`<b data-sign=${w('kiosk.ease.sign')}></b>`)}</div>`;
  }
}

/** How many of a group stand here. */
export const Count = ({ w, n, words, change, go }) => html`<section class="kiosk__work group group--offline"><div class="group__count"><span class="group__words">${words}</span>
    <button type="button" class="button group__step" aria-label=${w('kiosk.group.fewer')} onClick=${() => change(Math.max(1, n - 1))}><span>−</span></button><strong class="num group__number" aria-live="polite">${n}</strong>
    <button type="button" class="button group__step" aria-label=${w('kiosk.group.more')} onClick=${() => change(Math.min(200, n + 1))}><span>+</span></button></div></section>
  <section class="kiosk__acts"><button type="button" class="button button--main" onClick=${go}><span>${w('offline.group.go', { n })}</span></button></section>`;

/** What happens with the data, and a signature; whoever cannot sign says so, and reception asks on paper. */
export class Notice extends Component {
  componentDidMount() {
    this.pen = new Pen(this.base.parentElement.querySelector('.signature canvas'), () => this.setState({ drawn: this.pen.strokes.length > 0 }));
  }

  componentWillUnmount() {
    this.pen?.close();
  }

  render({ w, text, agree }, { drawn, asked }) {
    return html`<div class="kiosk__side">${Frame.head(w('kiosk.notice'), w('kiosk.notice.say'))}<section class="kiosk__read" tabindex="0">${text.text.split('\n').map((line) => html`<p>${line}</p>`)}<p class="quiet">${w('kiosk.notice.version', { version: text.version })}</p></section></div>
      <section class="kiosk__sign"><div class="signature"><canvas aria-label=${w('web.sign_here')} role="img"></canvas><div class="signature__line"></div>${!drawn && html`<p class="signature__say">${asked ? w('kiosk.notice.sign_first') : w('web.sign_here')}</p>`}
        ${drawn ? html`<button type="button" class="button signature__clear" onClick=${() => this.pen.clear()}>${w('web.clear')}</button>` : html`<button type="button" class="button signature__cannot" onClick=${() => agree(null)}>${w('web.cannot_sign')}</button>`}</div>
        <button type="button" class="button button--main kiosk__wide" onClick=${() => (drawn ? agree(this.pen.strokes) : this.setState({ asked: true }))}><span>${w('kiosk.notice.agree')}</span></button></section>`;
  }
}
