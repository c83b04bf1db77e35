// A picture from this machine: its hash first, then its bytes through our attachments API; the server decodes and draws it anew.
export default {
  template: `<label class="button upload" :aria-disabled="String(busy)"><span>{{ busy ? working : label }}</span><input type="file" class="upload__file" accept="image/jpeg,image/png,image/webp" multiple @change="picked" :disabled="busy"></label>`,
  props: { label: String, working: String, most: { type: Number, default: 20000000 } },
  data() {
    return { busy: false };
  },
  methods: {
    async picked(event) {
      const files = [...event.target.files];
      event.target.value = "";
      this.busy = true;
      try {
        for (const file of files) await this.send(file);
      } finally {
        this.busy = false;
      }
    },
    async send(file) {
      if (file.size > this.most) return this.$emit("refused", { name: file.name.slice(0, 80), status: 413 });
      const bytes = await file.arrayBuffer();
      const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
      const answer = await fetch(`/api/v1/attachments/${digest}`, { method: "PUT", headers: { "Content-Type": file.type || "application/octet-stream" }, body: bytes }).catch(() => null);
      if (answer?.ok) this.$emit("sent", { sha256: digest });
      else this.$emit("refused", { name: file.name.slice(0, 80), status: answer?.status || 0 });
    },
  },
};
