// A photo: seen in a mirror while it is taken, after a short countdown, kept the right way round, made small, sent through our attachments API by its hash.
// NiceGUI's own upload is closed (nicegui-facts 17). A camera that is refused or missing says what to do; where files may be chosen, one can be taken instead.
import { speaking } from "/static/speaking.js";
// A picture outlives its screen being drawn anew (another language) for two seconds, and only for a form that names its hash (`kept`).
const COUNT = 3, LAST_MS = 2000;
let last = null;
export default {
  mixins: [speaking],
  template: `
    <div :class="['photo', { 'photo--mirror': facing === 'user' }]">
      <video ref="video" muted playsinline v-show="!taken && ready" :aria-label="words('photo_ready')"></video>
      <img v-if="taken" :src="taken" :alt="words('take_photo')">
      <div class="photo__oval" v-if="ready && !taken && facing === 'user'" aria-hidden="true"></div>
      <div class="photo__count" v-if="count" aria-hidden="true" :key="count">{{ count }}</div>
      <div class="photo__flash" v-if="flash" aria-hidden="true"></div>
      <p class="photo__say" v-if="sentence || (ready && !taken && (count || facing === 'user'))" role="status">{{ sentence || words(count ? 'photo_soon' : 'photo_ready') }}</p>
      <div class="photo__acts">
        <button type="button" class="button" v-if="taken" @click="again">{{ words('retake') }}</button>
        <button type="button" class="button button--main" v-else-if="ready" :aria-disabled="String(count > 0)" @click="begin">{{ words('take_photo') }}</button>
        <label class="button" v-else-if="files">{{ words('take_photo') }}<input type="file" accept="image/*" capture="environment" hidden @change="picked"></label>
      </div>
    </div>`,
  props: { facing: { type: String, default: "user" }, files: { type: Boolean, default: true }, longest: { type: Number, default: 1280 }, kept: { type: String, default: "" } },
  data() {
    return { taken: null, ready: false, sentence: "", count: 0, flash: false };
  },
  methods: {
    denied(name) {
      if (document.documentElement.dataset.surface === "kiosk") return this.words("camera_kiosk");
      return this.words(name === "NotAllowedError" ? "camera_denied" : "camera_none");
    },
    async start() {
      if (!navigator.mediaDevices?.getUserMedia) {
        this.sentence = window.isSecureContext ? this.denied("") : this.words("camera_insecure");
        return void this.$emit("unable", {});
      }
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: this.facing }, width: { ideal: 1280 } } });
        if (this.gone) return this.stop();
        this.stream.getVideoTracks()[0].addEventListener("ended", this.lost);
        this.$refs.video.srcObject = this.stream;
        await this.$refs.video.play().catch(() => {});
        this.ready = true;
        this.sentence = "";
      } catch (error) {
        this.sentence = this.denied(error?.name);
        this.$emit("unable", {});
      }
    },
    lost() {
      if (this.taken || this.gone) return;
      this.stop();
      this.sentence = this.words("camera_busy");
    },
    stop() {
      clearInterval(this.counting);
      this.count = 0;
      this.stream?.getTracks().forEach((track) => track.stop());
      this.stream = null;
      this.ready = false;
    },
    /** Three seconds to look up from the button; a second press does nothing. */
    begin() {
      if (this.count || !this.ready) return;
      if (this.facing !== "user") return void this.take();
      this.count = COUNT;
      this.counting = setInterval(() => {
        this.count -= 1;
        if (this.count > 0) return;
        clearInterval(this.counting);
        this.take();
      }, 800);
    },
    async take() {
      const video = this.$refs.video;
      if (!video?.videoWidth) return;
      this.flash = true;
      setTimeout(() => (this.flash = false), 180);
      await this.keep(video, video.videoWidth, video.videoHeight);
    },
    async picked(event) {
      const file = event.target.files[0];
      event.target.value = "";
      if (!file) return;
      const image = await createImageBitmap(file).catch(() => null);
      if (image) await this.keep(image, image.width, image.height);
    },
    async keep(source, width, height) {
      const scale = Math.min(1, this.longest / Math.max(width, height)), canvas = document.createElement("canvas");
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height); // drawing anew leaves place and camera data behind
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      if (this.gone) return;
      this.forget();
      this.show(blob);
      this.stop();
      const bytes = await blob.arrayBuffer();
      const digest = this.digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
      this.$emit("taken", { sha256: digest, bytes: blob.size, width: canvas.width, height: canvas.height });
      this.send(digest, blob);
    },
    show(blob) {
      this.blob = blob;
      this.taken = URL.createObjectURL(blob);
    },
    async send(digest, blob) {
      const answer = await fetch(`/api/v1/attachments/${digest}`, { method: "PUT", headers: { "Content-Type": "image/jpeg" }, body: blob }).catch(() => null);
      if (this.gone) return;
      this.$emit(answer?.ok ? "stored" : "not_stored", { sha256: digest, status: answer?.status || 0 });
      this.sentence = answer?.ok ? "" : this.words("not_sent");
    },
    again() {
      this.forget();
      if (document.documentElement.dataset.surface === "kiosk") this.$emit("taken", { sha256: "", bytes: 0 }); // the form lets go of it too
      this.start();
    },
    forget() {
      if (this.taken) URL.revokeObjectURL(this.taken);
      this.taken = this.blob = null;
      this.sentence = "";
    },
    clear() {
      this.forget();
      this.stop();
    },
  },
  mounted() {
    if (this.kept && last?.digest === this.kept) {
      this.digest = last.digest;
      this.show(last.blob);
    } else {
      if (this.kept) this.$emit("taken", { sha256: "", bytes: 0 }); // a picture that can not be shown is not kept either
      this.start();
    }
    last = null;
  },
  beforeUnmount() {
    this.gone = true;
    if (this.blob && this.digest) {
      const mine = (last = { digest: this.digest, blob: this.blob });
      setTimeout(() => last === mine && (last = null), LAST_MS);
    }
    this.clear();
  },
};
