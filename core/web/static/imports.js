// The desk's import page: sends the chosen file and tells the page what became of it.
window.foyerImports = {
  async send(event, what, emit) {
    const input = event.target;
    const file = input.files && input.files[0];
    if (!file) return;
    const body = new FormData();
    body.append("file", file, file.name);
    input.value = ""; // the same file may be chosen again after it was corrected
    emit({ state: "sending", name: file.name });
    try {
      const answer = await fetch(`/api/v1/imports/${what}/file`, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      emit(answer.ok ? { state: "sent", id: said.file_id, name: file.name } : { state: "failed", detail: said.detail || "" });
    } catch (error) {
      emit({ state: "failed", detail: "" });
    }
  },
};

// A document or photo for a card: kept under its hash, which the server answers. The card may be drawn anew while somebody chooses or sends a file:
// then the field that took its place goes on.
window.foyerImports.keep = async function (event, emit) {
  const input = event.target;
  const file = input.files && input.files[0];
  if (!file) return;
  const inPlace = () => (input.isConnected ? input : document.getElementById(input.id));
  const tell = (said) => (inPlace() === input ? emit(said) : inPlace()?.dispatchEvent(new CustomEvent("kept", { detail: said })));
  const body = new FormData();
  body.append("file", file, file.name);
  input.value = "";
  tell({ state: "sending", name: file.name });
  try {
    const answer = await fetch("/api/v1/attachments/file", { method: "POST", body, headers: { Accept: "application/json" } });
    const said = await answer.json();
    tell(answer.ok ? { state: "sent", sha256: said.sha256, name: file.name } : { state: "failed", detail: said.detail || "" });
  } catch (error) {
    tell({ state: "failed", detail: "" });
  }
};
