// For elements with words of their own: the page may change its language while they stand.
export const speaking = {
  data: () => ({ spoken: 0 }),
  methods: {
    words(key, facts) {
      return this.spoken >= 0 ? window.foyer.words(key, facts) : key;
    },
  },
  created() {
    this.heard = () => { this.spoken += 1; };
    window.addEventListener("foyer:words", this.heard);
  },
  beforeUnmount() {
    window.removeEventListener("foyer:words", this.heard);
  },
};
