// The kiosk's own keys: letters, digits, or the 31 signs of a label code. 汉字 opens the device's keyboard in a real field.
// A number plate begins with the province's own sign; a mail address has its signs (`signs`) where the space would be.
// The text lives in the browser while it is typed; the page hears every change. Double touches within 30 ms are one.
import { speaking } from "/static/speaking.js";
const LINES = {
  letters: ["QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"],
  digits: ["123", "456", "789"],
  code: ["23456789", "ABCDEFGHJK", "MNPQRSTUVW", "XYZ"],
  provinces: ["京津沪渝冀豫云辽黑湘", "皖鲁新苏浙赣鄂桂甘晋", "蒙陕吉闽贵粤青藏川宁", "琼使领港澳学警挂"],
  plate: ["1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"],
};
const SWAPS = { letters: "digits", digits: "letters", provinces: "plate", plate: "provinces" };
export default {
  mixins: [speaking],
  emits: ["change", "done"], // declared, so that the field's own DOM "change" (it loses the focus) is not heard as one without text
  template: `
    <div class="keypad">
      <div :class="'field__box' + (native ? ' field__box--focus' : ' field__box--focus')">
        <input v-if="native" ref="field" class="keypad__field" :value="text" :maxlength="most" autocomplete="off" autocorrect="off" spellcheck="false" :aria-label="label"
          @compositionend="composed" @input="typed" @keydown.enter.prevent="go">
        <template v-else><output :class="hidden && !bare ? 'keypad__text keypad__text--hidden' : 'keypad__text'" role="status" :aria-label="label">{{ shown }}</output><i class="caret" aria-hidden="true"></i></template>
        <button type="button" class="button keypad__show" v-if="hidden && text" :aria-pressed="String(bare)" @click="bare = !bare">{{ words(bare ? 'key_hide' : 'key_show') }}</button>
      </div>
      <p class="field__help field__help--error" role="alert">{{ problem }}</p>
      <div :class="'pad pad--' + kind + (hidden ? ' pad--hidden' : '')" v-show="!native">
        <div class="pad__line" v-for="(line, row) in lines" :key="row">
          <button type="button" class="pad__key" v-for="sign in line" :key="sign" @pointerdown.prevent="press(sign)" @click="key($event, sign)">{{ sign }}</button>
          <button type="button" class="pad__key pad__key--wide" v-if="row === lines.length - 1 && kind !== 'digits'" @pointerdown.prevent="back" @click="key($event, null)" :aria-label="words('key_delete')">
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M8.5 5.500H20a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H8.500L3 12zM11.500 9.500l5 5M16.500 9.500l-5 5"/></svg></button>
        </div>
        <div class="pad__line">
          <button type="button" class="pad__key pad__key--wide" v-if="hanzi" @click="open">{{ words('key_hanzi') }}</button>
          <button type="button" class="pad__key pad__key--wide" v-if="kinds.length > 1" @click="swap">{{ words(swapWords) }}</button>
          <button type="button" class="pad__key pad__key--wide" v-if="kind === 'digits'" @pointerdown.prevent="back" @click="key($event, null)" :aria-label="words('key_delete')">
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M8.5 5.500H20a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H8.500L3 12zM11.500 9.500l5 5M16.500 9.500l-5 5"/></svg></button>
          <button type="button" class="pad__key pad__key--wide" v-if="kind === 'digits'" @pointerdown.prevent="press('0')" @click="key($event, '0')">0</button>
          <button type="button" class="pad__key" v-if="hidden && kind === 'digits'" @pointerdown.prevent="press('X')" @click="key($event, 'X')">X</button>
          <button type="button" class="pad__key pad__key--sign" v-for="sign in signs" :key="sign" @pointerdown.prevent="press(sign)" @click="key($event, sign)">{{ sign }}</button>
          <button type="button" class="pad__key pad__key--wide" v-if="kind === 'letters' && !hidden && !signs" @pointerdown.prevent="press(' ')" @click="key($event, ' ')">{{ words('key_space') }}</button>
          <button type="button" class="pad__key pad__key--wide pad__key--dark" v-if="act" :aria-disabled="!text.trim()" @click="go">{{ act }}</button>
        </div>
      </div>
      <div class="pad" v-if="native"><div class="pad__line">
        <button type="button" class="pad__key pad__key--wide" @click="native = false">{{ words('key_letters') }}</button>
        <button type="button" class="pad__key pad__key--wide pad__key--dark" v-if="act" :aria-disabled="!text.trim()" @click="go">{{ act }}</button></div></div>
    </div>`,
  props: { mode: { type: String, default: "letters" }, value: { type: String, default: "" }, most: { type: Number, default: 80 }, hanzi: Boolean, act: String, label: String,
    action: String, fields: Object, both: Boolean, hidden: Boolean, signs: { type: String, default: "" } },
  data() {
    return { text: this.value, kind: this.mode === "plate" && !this.value ? "provinces" : this.mode, native: false, problem: "", bare: false, fresh: false };
  },
  computed: {
    lines() {
      return LINES[this.kind].map((line) => [...line]);
    },
    kinds() {
      return this.mode === "code" || !this.both ? [this.mode] : [this.kind, SWAPS[this.kind]];
    },
    swapWords() {
      return { letters: "key_digits", plate: "key_hanzi" }[this.kind] || "key_letters";
    },
    shown() {
      if (this.hidden && !this.bare) return "•".repeat(Math.max(0, this.text.length - this.fresh)) + (this.fresh ? this.text.slice(-1) : "");
      return this.kind === "code" && this.text.length > 4 ? `${this.text.slice(0, 4)}-${this.text.slice(4)}` : this.text;
    },
  },
  methods: {
    press(sign) {
      const now = performance.now();
      if (this.last && this.last.sign === sign && now - this.last.at < 30) return;
      this.last = { sign, at: now };
      if ([...this.text].length < this.most) this.set(this.text + sign);
      if (this.kind === "provinces") this.kind = "plate";
    },
    key(event, sign) {
      if (event.detail !== 0) return; // a real touch was already heard at pointerdown; this is a keyboard or a switch
      if (sign === null) this.back();
      else this.press(sign);
    },
    back() {
      this.set([...this.text].slice(0, -1).join(""));
    },
    set(text) {
      this.fresh = text.length > this.text.length;
      this.text = text;
      this.problem = "";
      this.$emit("change", { text });
      if (this.hidden) setTimeout(() => { if (this.text === text) this.fresh = false; }, 900);
    },
    swap() {
      this.kind = SWAPS[this.kind];
    },
    async open() {
      this.native = true;
      await this.$nextTick();
      this.$refs.field.focus();
    },
    typed(event) {
      if (!event.isComposing) this.set(event.target.value);
    },
    composed(event) {
      this.set(event.target.value);
    },
    async go() {
      if (!this.text.trim() || this.going) return;
      if (!this.action) return void this.$emit("done", { text: this.text, t: window.foyer.now() });
      this.going = true;
      try {
        const answer = await window.foyer.post(this.action, { code: this.text, ...(this.fields || {}) });
        if (answer.ok) location.assign(answer.body.next || "/");
        else this.problem = answer.body.title || "";
      } catch {
        this.problem = this.words("not_sent");
      } finally {
        this.going = false;
      }
    },
    clear() {
      this.text = "";
      this.bare = this.fresh = false;
      this.problem = "";
      this.native = false;
    },
    put(text) {
      this.text = text;
    },
    refuse(sentence) {
      this.problem = sentence || "";
    },
  },
  mounted() {
    this.onKey = (event) => {
      if (this.native || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
      if (event.key === "Backspace") this.back();
      else if (event.key === "Enter" && !event.target.closest?.("button, a")) this.go();
      else if (event.key.length === 1) {
        const sign = this.kind === "code" || this.hidden ? event.key.toUpperCase() : event.key;
        if (this.kind !== "code" || LINES.code.join("").includes(sign)) this.set((this.text + sign).slice(0, this.most));
      }
    };
    if (this.action || this.both || this.hanzi) document.addEventListener("keydown", this.onKey);
    const behind = decodeURIComponent(location.hash.slice(1));
    if (this.action && /^[0-9A-Za-z-]{4,40}$/.test(behind)) {
      history.replaceState(null, "", location.pathname + location.search);
      this.text = behind.replace(/-/g, "").toUpperCase();
      this.go();
    }
  },
  beforeUnmount() {
    document.removeEventListener("keydown", this.onKey);
    this.text = "";
  },
};
