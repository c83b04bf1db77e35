// A photo: taken with the camera, made small, sent through our attachments API by its hash. NiceGUI's own upload is closed (nicegui-facts 17).
export default {
  template: `
    <div class="photo">
      <video ref="video" muted playsinline v-show="!taken"></video>
      <img v-if="taken" :src="taken" alt="">
      <p class="photo__say" v-if="sentence" role="status">{{ sentence }}</p>
      <div class="photo__acts">
        <button type="button" class="button" v-if="taken" @click="again">{{ words('retake') }}</button>
        <button type="button" class="button button--main" v-else-if="ready" @click="take">{{ words('take_photo') }}</button>
        <label class="button" v-else-if="files">{{ words('take_photo') }}<input type="file" accept="image/*" capture="environment" hidden @change="picked"></label>
      </div>
    </div>`,
  props: { facing: { type: String, default: "user" }, files: { type: Boolean, default: true }, longest: { type: Number, default: 1280 } },
  data() {
    return { taken: null, ready: false, sentence: "" };
  },
  methods: {
    words(key) {
      return window.foyer.words(key);
    },
    async start() {
      if (!navigator.mediaDevices?.getUserMedia) {
        this.sentence = this.words(window.isSecureContext ? "camera_none" : "camera_insecure");
        return;
      }
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: this.facing }, width: { ideal: 1280 } } });
        if (this.gone) return this.stop();
        this.$refs.video.srcObject = this.stream;
        await this.$refs.video.play().catch(() => {});
        this.ready = true;
        this.sentence = "";
      } catch (error) {
        this.sentence = this.words(error?.name === "NotAllowedError" ? "camera_denied" : "camera_none");
      }
    },
    stop() {
      this.stream?.getTracks().forEach((track) => track.stop());
      this.stream = null;
      this.ready = false;
    },
    async take() {
      const video = this.$refs.video;
      if (video.videoWidth) await this.keep(video, video.videoWidth, video.videoHeight);
    },
    async picked(event) {
      const file = event.target.files[0];
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
      this.forget();
      this.taken = URL.createObjectURL(blob);
      this.stop();
      const bytes = await blob.arrayBuffer();
      const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
      this.$emit("taken", { sha256: digest, bytes: blob.size, width: canvas.width, height: canvas.height });
      this.send(digest, blob);
    },
    async send(digest, blob) {
      const answer = await fetch(`/api/v1/attachments/${digest}`, { method: "PUT", headers: { "Content-Type": "image/jpeg" }, body: blob }).catch(() => null);
      this.$emit(answer?.ok ? "stored" : "not_stored", { sha256: digest, status: answer?.status || 0 });
      this.sentence = answer?.ok ? "" : this.words("not_sent");
    },
    again() {
      this.forget();
      this.start();
    },
    forget() {
      if (this.taken) URL.revokeObjectURL(this.taken);
      this.taken = null;
      this.sentence = "";
    },
    clear() {
      this.forget();
      this.stop();
    },
  },
  mounted() {
    this.start();
  },
  beforeUnmount() {
    this.gone = true;
    this.clear();
  },
};
