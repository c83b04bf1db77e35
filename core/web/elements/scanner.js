// Reads codes: with the camera and with scanners that type like a keyboard. The reading itself is the floor app's (one engine for both faces).
import { speaking } from "/static/speaking.js";
export default {
  mixins: [speaking],
  template: `
    <div :class="camera ? 'scanner' : 'scanner scanner--idle'">
      <template v-if="camera">
        <video ref="video" muted playsinline></video>
        <div class="scanner__frame" v-if="state === 'on'" aria-hidden="true"></div>
        <p class="scanner__say" v-if="state !== 'on'" role="status">{{ sentence }}</p>
        <button v-if="abilities.torch" type="button" class="button scanner__torch" @click="toggle">{{ words('torch') }}</button>
      </template>
      <slot></slot>
    </div>`,
  props: { camera: Boolean, wedge: Boolean, deviceId: String, most: { type: Number, default: 300 } },
  data() {
    return { state: "asking", abilities: {}, lit: false };
  },
  computed: {
    sentence() {
      const keys = { asking: "scanning", none: window.isSecureContext ? "camera_none" : "camera_insecure", denied: "camera_denied", failed: "camera_busy", lost: "camera_busy" };
      return this.words(keys[this.state] || "scanning");
    },
  },
  methods: {
    found(text, source) {
      if (typeof text !== "string" || text.length > this.most) return;
      this.$emit("scan", { text, source, t: window.foyer.now() });
    },
    /** A part of ours, asked for until it comes: a link that drops at this moment must not leave a kiosk deaf until somebody reloads it. */
    async fetched(path) {
      for (let n = 0; !this.gone; n += 1) {
        try {
          return await import(n ? `${path}?again=${n}` : path); // browsers remember an address that failed
        } catch {
          await new Promise((go) => setTimeout(go, 2000));
        }
      }
      return null;
    },
    async start() {
      if (this.wedge) { // a scanner on a cable does not wait for the camera's reader
        const module = await this.fetched("/m/wedge.js");
        if (this.gone || !module) return;
        const { listen } = module;
        this.unlisten = listen(null, (text) => this.found(text, "wedge"));
        this.$el.dataset.listens = "";
      }
      if (this.camera) {
        const module = await this.fetched("/m/scanner.js");
        if (this.gone || !module) return;
        const { Camera } = module;
        this.reader = new Camera(this.$refs.video, (text) => this.found(text, "camera"), (state, abilities) => {
          this.state = state;
          this.abilities = abilities || {};
          this.$emit("state", { state });
        });
        await this.reader.start(this.deviceId || undefined);
      }
    },
    toggle() {
      this.lit = !this.lit;
      this.reader?.torch(this.lit);
    },
    stop() {
      this.reader?.close();
      this.unlisten?.();
      this.reader = this.unlisten = null;
    },
  },
  mounted() {
    this.start();
  },
  beforeUnmount() {
    this.gone = true;
    this.stop();
  },
};
