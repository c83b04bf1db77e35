// The desk's page of phones: sends a file of records and tells the page what became of them.
window.foyerPhones = {
  async bring(event, emit) {
    const input = event.target;
    const file = input.files && input.files[0];
    if (!file) return;
    input.value = ""; // the same file may be chosen again: nothing counts twice
    try {
      const answer = await fetch("/api/v1/phones/queue", { method: "POST", body: file, headers: { Accept: "application/json", "Content-Type": "application/json" } });
      const said = await answer.json();
      if (answer.ok) emit({ state: "taken", device: said.device.name, records: said.records.slice(0, 2000), photos: said.photos });
      else emit({ state: "failed", detail: said.detail || "" });
    } catch (error) {
      emit({ state: "failed", detail: "" });
    }
  },
};
