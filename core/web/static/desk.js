/* The desk's one field: "/" goes there, typing finds, arrows choose, Enter opens; a hand scanner works from anywhere on the page. */
(() => {
  const field = document.getElementById.bind(document, "find");
  const list = document.getElementById.bind(document, "finds");
  let turn = 0, timer = null, chosen = -1;

  const close = () => {
    if (list()) list().replaceChildren();
    field()?.setAttribute("aria-expanded", "false");
    chosen = -1;
  };
  const mark = (index) => {
    const all = [...list().querySelectorAll(".find")];
    if (!all.length) return;
    chosen = (index + all.length) % all.length;
    all.forEach((one, i) => {
      one.classList.toggle("find--on", i === chosen);
      one.setAttribute("aria-selected", String(i === chosen));
    });
    all[chosen].scrollIntoView({ block: "nearest" });
  };
  const draw = (finds) => {
    const rows = finds.map((found) => {
      const row = document.createElement("a");
      row.className = "find";
      row.setAttribute("role", "option");
      if (/^\/(?!\/)/.test(found.href)) row.href = found.href;
      const words = document.createElement("span");
      words.textContent = found.title;
      const small = document.createElement("small");
      small.textContent = found.meta;
      words.append(small);
      row.append(words);
      return row;
    });
    if (!rows.length) {
      const none = document.createElement("p");
      none.className = "find quiet";
      none.textContent = list().dataset.none;
      rows.push(none);
    }
    list().replaceChildren(...rows);
    field().setAttribute("aria-expanded", "true");
    if (finds.length) mark(0);
  };
  const ask = async (text, enter) => {
    const mine = (turn += 1);
    const answer = await fetch(`/desk/find?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (mine !== turn) return;
    if (answer?.status === 401) return void location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    if (!answer?.ok) return;
    const found = await answer.json();
    if (enter && (found.exact || found.items.length === 1)) return void location.assign(found.exact || found.items[0].href);
    draw(found.items);
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelector(".nav--on")?.scrollIntoView({ block: "nearest" }));
  document.addEventListener("input", (event) => {
    if (event.target.id !== "find") return;
    clearTimeout(timer);
    const text = event.target.value.trim();
    if (!text) {
      turn += 1;
      return close();
    }
    timer = setTimeout(() => ask(text, false), 140);
  });
  let lastKey = 0; // a "/" amid the quick keys of a hand scanner belongs to its text
  window.addEventListener("keydown", (event) => {
    const inField = event.target.id === "find", since = event.timeStamp - lastKey;
    lastKey = event.timeStamp;
    if (event.key === "/" && since > 150 && !event.target.matches?.("input, textarea, select, [contenteditable]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      field()?.focus();
      field()?.select();
    } else if (inField && event.key === "ArrowDown") {
      event.preventDefault();
      mark(chosen + 1);
    } else if (inField && event.key === "ArrowUp") {
      event.preventDefault();
      mark(chosen - 1);
    } else if (inField && event.key === "Escape") {
      field().value = "";
      close();
    } else if (inField && event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      clearTimeout(timer);
      const rows = list().querySelectorAll("a.find");
      if (rows.length && chosen >= 0 && rows[chosen].href && !/[0-9a-z]{8}|^https?:/i.test(field().value)) location.assign(rows[chosen].href);
      else if (field().value.trim()) ask(field().value.trim(), true);
    }
  }, true); // before the hand scanner's own listener, which takes every key outside a field
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".desk__scan")) close();
    if (!event.target.closest(".desk__nav, .desk__menu")) document.querySelector(".desk__nav")?.classList.remove("desk__nav--open");
  });

  // A hand scanner outside any field: its text goes where typing would have gone.
  import("/m/wedge.js").then(({ listen }) => listen(null, (text) => {
    if (document.querySelector(".scanner")) return; // a scanner of the page itself listens
    field().value = text;
    ask(text, true);
  })).catch(() => null);
})();
