/* What every page can do in the browser: a press that answers at once, the language switch, the office's clock.
   Words come from the page (window.foyerPage.words); no sentence stands here. */
(() => {
  const page = window.foyerPage || { words: {}, real: Date.now(), now: Date.now(), zone: "UTC", surface: "plain" };
  const offsets = [page.real - Date.now()];

  /** The server's real time in ms: the machine's own clock, corrected by the quickest of the last beats. */
  const now = () => Date.now() + Math.max(...offsets);
  /** The office's clock in ms: the real time, moved as a sample office may move it. */
  let moved = page.now - page.real;
  const officeNow = () => now() + moved;
  const heard = (beat) => {
    offsets.push(beat.t - Date.now());
    if (offsets.length > 5) offsets.shift();
    moved = beat.now - beat.t;
  };

  const formats = new Map();
  /** `10:24` on the office's wall. */
  const clock = (ms) => {
    if (!formats.has("hm")) formats.set("hm", new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: page.zone }));
    return formats.get("hm").format(new Date(ms)).replace("24:", "00:");
  };

  const words = (key, facts = {}) => String((page.words || {})[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => (name in facts ? facts[name] : all));
  const linked = () => Boolean(window.socket && window.socket.connected && window.did_handshake && !document.documentElement.dataset.offline);

  /** One line at the bottom that goes by itself: for things the server can not say because it is not heard. */
  const say = (text) => {
    document.querySelectorAll(".toast--local").forEach((old) => old.remove());
    const element = document.createElement("div");
    element.className = "toast toast--floating toast--local";
    element.setAttribute("role", "status");
    element.textContent = text;
    document.body.append(element);
    setTimeout(() => element.remove(), 5000);
  };

  /** Free again after a while, should nobody answer. Held weakly: a screen that went in between must not stay until then. */
  const freeLater = (target) => {
    const held = new WeakRef(target);
    setTimeout(() => delete held.deref()?.dataset.busy, 15000);
  };

  /** A press on a page that has just opened, before its first link: sent once when the link stands, given up aloud after a while. */
  const whenOpen = (target, emit) => {
    const made = now();
    target.dataset.busy = "1";
    const waiting = setInterval(() => {
      const late = now() - made > 8000;
      if (!linked() && !late) return;
      clearInterval(waiting);
      if (late) {
        delete target.dataset.busy;
        say(words("not_sent"));
      } else emit({ t: made });
    }, 50);
    freeLater(target);
  };

  /** A press: shown at once, sent once, and only while the link stands. It carries the moment it was made. */
  const tap = (event, emit) => {
    const target = event.currentTarget;
    if (!target || target.getAttribute("aria-disabled") === "true" || target.dataset.busy) {
      event.preventDefault();
      return;
    }
    if (!linked()) {
      if (window.socket && window.did_handshake) say(words("not_sent"));
      else whenOpen(target, emit);
      return;
    }
    if (target.matches("button, a, [role=button], .q-btn")) {
      target.dataset.busy = "1";
      freeLater(target);
    }
    emit({ t: now() });
  };
  const rest = (id) => {
    const element = document.getElementById(`c${id}`);
    if (element) delete element.dataset.busy;
  };

  const language = async (code) => {
    document.cookie = `foyer_lang=${code};path=/;max-age=31536000;samesite=lax`;
    await fetch("/language", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ language: code }) }).catch(() => null);
    location.reload();
  };
  const speak = (code, newWords) => {
    document.documentElement.lang = code;
    page.language = code;
    if (newWords) page.words = newWords;
    window.dispatchEvent(new CustomEvent("foyer:words"));
    const sample = document.querySelector(".demo");
    if (sample && page.words.demo) sample.textContent = page.words.demo;
  };

  const post = async (address, body) => {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) };
  };

  window.foyer = { page, now, officeNow, heard, clock, words, linked, say, tap, rest, language, speak, post };
})();

/* A form that is sent without leaving the page: what was typed stays when the answer is no. */
window.foyer.submit = async (event) => {
  const form = event.currentTarget, button = form.querySelector("button[type=submit]"), problem = form.querySelector("[data-problem]");
  event.preventDefault();
  if (button?.dataset.busy) return;
  const unfit = [...form.elements].find((field) => field.willValidate && !field.checkValidity());
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  if (unfit) { // said here, because the browser would say it in its own language instead of the page's
    const key = unfit.validity.valueMissing ? "fill_in" : unfit.validity.tooShort ? "too_short" : "not_fit";
    if (problem) problem.textContent = window.foyer.words(key, { field: unfit.closest("label")?.querySelector(".field__label")?.textContent || unfit.name, least: unfit.minLength });
    unfit.setAttribute("aria-invalid", "true");
    return void unfit.focus();
  }
  if (button) button.dataset.busy = "1";
  if (problem) problem.textContent = "";
  try {
    const answer = await window.foyer.post(form.getAttribute("action"), Object.fromEntries(new FormData(form)));
    if (answer.ok) return void location.assign(answer.body.next || "/");
    const wrong = answer.body.facts?.field && form.elements[answer.body.facts.field];
    if (problem) problem.textContent = answer.body.title || window.foyer.words("not_sent");
    const seconds = answer.body.facts?.seconds;
    if (seconds && problem) window.foyer.countdown(problem, answer.body.title, seconds);
    (wrong || form.querySelector("input[type=password]"))?.focus();
  } catch {
    if (problem) problem.textContent = window.foyer.words("not_sent");
  } finally {
    if (button) setTimeout(() => delete button.dataset.busy, 300);
  }
};

/* A sentence with a number of seconds that counts itself down and goes when it is over. */
window.foyer.countdown = (element, sentence, seconds) => {
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (!element.isConnected || !element.textContent) return;
    element.textContent = left > 0 ? sentence.replace(String(seconds), String(left)) : "";
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
};
