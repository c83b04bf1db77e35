// Sends an address on: the phone's own share sheet where there is one, else a copy. The button carries what to send as data, and hears what became of it.
window.foyerShare = {
  async send(button, emit) {
    const { url, title, text } = button.dataset;
    if (navigator.share) {
      try {
        await navigator.share({ url, title, text });
        emit("shared");
      } catch (error) {
        if (error.name !== "AbortError") await foyerShare.copy(button, emit);
      }
    } else await foyerShare.copy(button, emit);
  },
  async copy(button, emit) {
    const words = [button.dataset.text, button.dataset.url].filter(Boolean).join("\n");
    try {
      await navigator.clipboard.writeText(words);
    } catch {
      // Plain http has no clipboard: the old way works there.
      const field = Object.assign(document.createElement("textarea"), { value: words });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    emit("copied");
  },
};
