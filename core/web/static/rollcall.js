/* The roll call list a kiosk keeps for the hour in which the server is dead (core/sections/rollcall/paper.py). What is kept is sealed; the PIN of the
   office opens it here, without the server. Nobody else can read it: neither a stranger at the glass nor who copies the browser's storage.
   A press of three seconds on the clock (or on the cover that says the server is away) asks for the PIN. */
(() => {
  const { words, clock, officeNow } = window.foyer;
  const EVERY_MS = 120e3, HOLD_MS = 3000, IDLE_MS = 60e3, KEPT = "/kept/roll-call", CACHE = "foyer-roll-call";
  const safe = Boolean(window.crypto?.subtle && window.caches);
  let wrong = 0, until = 0, paper = null, idle = null;

  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const button = (text, press, name = "") => {
    const made = make("button", name, text);
    made.type = "button";
    made.addEventListener("click", press);
    return made;
  };
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

  /** Fetch the sealed list and keep it; without an answer the old one stays. */
  const refresh = async () => {
    if (!safe || document.documentElement.dataset.offline) return;
    try {
      const answer = await fetch("/api/v1/rollcalls/sealed", { headers: { "Foyer-Surface": "kiosk" }, cache: "no-store" });
      if (!answer.ok) return;
      const found = await answer.json();
      const cache = await caches.open(CACHE);
      if (found.data) await cache.put(KEPT, new Response(JSON.stringify({ ...found, kept: officeNow() })));
      else await cache.delete(KEPT);
      document.documentElement.dataset.rollCall = found.data ? "kept" : "none";
    } catch {
      // no server: what is kept stays
    }
  };
  const kept = async () => (safe ? (await (await caches.open(CACHE)).match(KEPT))?.json() : null);

  const unseal = async (found, pin) => {
    const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
    const key = await crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt: bytes(found.salt), iterations: found.rounds }, base, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(found.iv) }, key, bytes(found.data))));
  };

  const close = () => {
    clearTimeout(idle);
    paper?.remove();
    paper = null;
  };
  const stay = () => {
    clearTimeout(idle);
    idle = setTimeout(close, IDLE_MS); // whoever walks away leaves no names on the glass
  };
  const open = (name, label) => {
    close();
    paper = make("div", `rcpaper ${name}`);
    paper.id = "rcpaper"; // the kiosk's own rule for paper (badges) hides by an id, so an id it takes to stay
    paper.setAttribute("role", "dialog");
    paper.setAttribute("aria-modal", "true");
    paper.setAttribute("aria-label", label);
    // Nothing of it reaches the page below: neither its watch nor its scanner nor the cover.
    for (const kind of ["pointerdown", "pointerup", "touchstart", "keydown", "input"]) paper.addEventListener(kind, (event) => (event.stopPropagation(), stay()));
    document.body.append(paper);
    stay();
    return paper;
  };

  const ask = async () => {
    const found = await kept().catch(() => null);
    const box = make("div", "rcpaper__box");
    open("", words("roll_call_pin")).append(box);
    const line = make("p", "", "");
    line.setAttribute("role", "status");
    box.append(make("h2", "", words("roll_call_pin")), line);
    if (!found) {
      line.textContent = words(safe ? "roll_call_none" : "roll_call_insecure");
      box.append(button(words("roll_call_close"), close, "main"));
      return;
    }
    line.textContent = words("roll_call_old", { time: clock(Date.parse(found.at)), n: Math.max(0, Math.round((officeNow() - found.kept) / 60e3)) });
    let pin = "", busy = false;
    const dots = make("div", "rcpaper__dots"), keys = make("div", "rcpaper__keys"), acts = make("div", "rcpaper__acts");
    const draw = () => dots.replaceChildren(...[...pin].map(() => make("i")));
    const type = (digit) => {
      if (pin.length < 12 && !busy) pin += digit;
      draw();
    };
    const back = () => {
      pin = pin.slice(0, -1);
      draw();
    };
    const go = async () => {
      const wait = Math.ceil((until - performance.now()) / 1000);
      if (busy || pin.length < 6) return;
      if (wait > 0) return void (line.textContent = words("roll_call_wrong", { n: wait }));
      busy = true;
      try {
        const list = await unseal(found, pin);
        wrong = 0;
        show(list, found);
      } catch {
        wrong += 1;
        const seconds = wrong < 5 ? 2 : Math.min(600, 15 * 2 ** (wrong - 5)); // the fifth try and those after it wait ever longer
        until = performance.now() + seconds * 1000;
        line.textContent = words("roll_call_wrong", { n: seconds });
        pin = "";
        draw();
      }
      busy = false;
    };
    for (const digit of "123456789") keys.append(button(digit, () => type(digit)));
    const less = button("⌫", back);
    less.setAttribute("aria-label", words("key_delete"));
    keys.append(less, button("0", () => type("0")), button(words("roll_call_open"), go, "main"));
    acts.append(button(words("roll_call_close"), close));
    box.append(dots, keys, acts);
    paper.addEventListener("keydown", (event) => {
      if (/^[0-9]$/.test(event.key)) type(event.key);
      else if (event.key === "Backspace") back();
      else if (event.key === "Enter" && event.target.tagName !== "BUTTON") go();
      else if (event.key === "Escape") close();
    });
    keys.firstChild.focus();
  };

  const show = (list, found) => {
    const sheet = make("div", "rcpaper__sheet"), foot = make("div", "rcpaper__foot");
    const old = words("roll_call_old", { time: clock(Date.parse(found.at)), n: Math.max(0, Math.round((officeNow() - found.kept) / 60e3)) });
    sheet.append(make("p", "second", list.office), make("h1", "", list.drill ? words("roll_call_drill", { title: list.title }) : list.title), make("p", "second", old));
    for (const group of list.groups) {
      const table = make("table"), head = make("tr"), top = make("thead"), body = make("tbody");
      for (const column of list.columns) head.append(make("th", "", column));
      top.append(head);
      for (const row of group.rows) {
        const line = make("tr");
        for (const cell of [...row, "☐"]) line.append(make("td", "", cell));
        body.append(line);
      }
      table.append(top, body);
      sheet.append(make("h2", "", `${group.title} · ${group.rows.length}`), table);
    }
    foot.append(button(words("roll_call_close"), close), button(words("roll_call_print"), () => window.print(), "main"));
    open("rcpaper--list", list.title).append(sheet, foot);
  };

  // The staff gesture: hold the clock, or anything on the cover. Listening on the window hears it before the cover swallows it.
  let hold = null;
  const stop = () => clearTimeout(hold);
  window.addEventListener("pointerdown", (event) => {
    if (paper || !event.target.closest?.(".kiosk__now, .cover")) return;
    stop();
    hold = setTimeout(ask, HOLD_MS);
  }, { capture: true, passive: true });
  for (const name of ["pointerup", "pointercancel", "pointermove"]) {
    window.addEventListener(name, (event) => (name !== "pointermove" || Math.hypot(event.movementX, event.movementY) > 12) && stop(), { capture: true, passive: true });
  }
  setTimeout(refresh, 1500);
  setInterval(refresh, EVERY_MS);
  window.addEventListener("foyer:link", (event) => event.detail?.up && refresh());
  window.foyer.rollCall = { refresh, ask };
})();
