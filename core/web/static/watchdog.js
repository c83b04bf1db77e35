/* Keeps a page honest about its link (nicegui-facts 3–8, look.md §7).
   – What is pressed while the link is down is never sent later: the send buffer is emptied, events are dropped, the age of a tap is checked by the server.
   – An unattended screen covers itself within three seconds and never becomes the browser's error page: it reloads only when the server answers.
   – A desk or phone page says since when, keeps what was typed, and sends the fields again when the link is back. */
(() => {
  const { page, clock, words, officeNow, heard } = window.foyer;
  const root = document.documentElement;
  const surface = page.surface;
  const HEALTH_EVERY_MS = 1000, HEALTH_ABORT_MS = 1500, COVER_AFTER_MS = 2400, BEAT_LOST_MS = 12500, HINT_AFTER_MS = 20000;
  let lastHeard = Date.now();      // any sign of life, in the machine's own time
  let beating = false;             // a first beat came: from now on silence means something
  let downSince = null, cover = null, banner = null, hintTimer = null, dead = false, changed = false;

  const healthy = async () => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), HEALTH_ABORT_MS);
    try {
      const answer = await fetch("/healthz", { signal: stop.signal, cache: "no-store" });
      return answer.ok && (await answer.json()).status === "ok"; // a captive portal answers 200 with a page
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  };

  const element = (tag, name, text) => {
    const made = document.createElement(tag);
    made.className = name;
    if (text) made.textContent = text;
    return made;
  };

  const draw = () => {
    if (surface === "door") return; // the door draws its own stripes
    const since = clock(downSince + (officeNow() - Date.now()));
    if (surface === "kiosk") {
      if (cover) return;
      cover = element("div", "cover");
      cover.setAttribute("role", "alert");
      const box = element("div", "cover__box");
      box.innerHTML = '<svg class="cover__gate" viewBox="0 0 52 52" aria-hidden="true"><circle cx="26" cy="24" r="15"/><path d="M6 40h40"/></svg>';
      box.append(element("h2", "", words("wait_reconnecting")), element("p", "", words("cover_since", { since })));
      cover.append(box);
      document.body.append(cover);
      for (const name of ["pointerdown", "pointerup", "click", "touchstart", "keydown"]) cover.addEventListener(name, (e) => { e.stopPropagation(); e.preventDefault(); }, { capture: true });
      document.getElementById("app")?.setAttribute("inert", "");
      hintTimer = setTimeout(() => box.append(element("p", "cover__hint", words("still_works")), element("p", "cover__hint", page.reception ? words("call_reception", { number: page.reception }) : "")), HINT_AFTER_MS);
      return;
    }
    if (!banner) {
      banner = element("div", "banner banner--lost banner--link");
      banner.setAttribute("role", "status");
      document.body.append(banner);
    }
    banner.textContent = words("offline_since", { since });
    document.querySelectorAll("main").forEach((main) => main.setAttribute("inert", ""));
  };

  const lost = (since) => {
    if (window.socket) window.socket.sendBuffer.length = 0;
    if (downSince === null) {
      downSince = since;
      root.dataset.offline = String(since);
      window.dispatchEvent(new CustomEvent("foyer:link", { detail: { up: false, since } }));
    }
    draw();
  };
  /** Let the server hear what a field holds. Quasar's fields tell nobody what they believe to have told, so whoever listens to one is asked straight. */
  const sayAgain = (field) => {
    const owner = field.closest(".q-input") && field.id ? window.getElement?.(field.id.slice(1)) : null;
    const listens = owner?.$?.vnode.props ?? {};
    const listener = listens["onUpdate:value"] ?? listens["onUpdate:modelValue"] ?? listens["onUpdate:model-value"];
    if (listener) [].concat(listener).forEach((one) => one(field.value));
    else field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const found = () => {
    lastHeard = Date.now();
    if (downSince === null || dead) return;
    downSince = null;
    delete root.dataset.offline;
    clearTimeout(hintTimer);
    cover?.remove();
    banner?.remove();
    cover = banner = null;
    document.getElementById("app")?.removeAttribute("inert");
    document.querySelectorAll("main").forEach((main) => main.removeAttribute("inert"));
    window.dispatchEvent(new CustomEvent("foyer:link", { detail: { up: true } }));
    // What was typed just before or during the drop never reached the server: say it again.
    for (const field of document.querySelectorAll("input, textarea")) {
      if (field.type !== "file" && field.dataset.typed) sayAgain(field);
    }
  };

  /** The server has forgotten this page (it was restarted): only a reload helps. Never over somebody's typing, never against a dead server. */
  const forgotten = async () => {
    if (!(await healthy())) return;
    if (surface === "kiosk" || surface === "door" || !changed) return void location.reload();
    if (dead) return;
    dead = true;
    banner?.remove();
    banner = element("div", "banner banner--info banner--link", words("back_online"));
    const button = element("button", "button", words("reload"));
    button.onclick = () => location.reload();
    banner.append(button);
    document.body.append(banner);
    document.querySelectorAll("main").forEach((main) => main.removeAttribute("inert")); // typed text can be copied
  };

  const attach = (socket) => {
    socket.off("connect_error");
    socket.io.timeout(4000);
    const send = socket.emit;
    socket.emit = function (name, ...rest) {
      if (name === "event" && (!socket.connected || root.dataset.offline)) return this; // not now means never
      return send.call(this, name, ...rest);
    };
    socket.on("connect_error", (error) => {
      socket.sendBuffer.length = 0;
      lost(lastHeard);
      if (/handshake failed/i.test(error?.message || "")) forgotten();
      else if (error?.message === "timeout" && socket.io.opts.transports[0] === "websocket") socket.io.opts.transports = ["polling", "websocket"];
    });
    socket.on("disconnect", () => lost(Date.now()));
    socket.on("connect", () => {
      if (surface !== "kiosk") found();
      lastHeard = Date.now();
    });
    socket.on("foyer_beat", (beat) => {
      beating = true;
      heard(beat);
      if (beat.build && page.build && beat.build !== page.build) root.dataset.newer = "1";
      if (socket.connected) found();
      document.querySelectorAll("[data-connected]").forEach((e) => (e.textContent = words("connected_at", { time: clock(officeNow()) })));
    });
    socket.on("foyer_device", (said) => {
      if (page.device && said.device === page.device) location.reload(); // revoked or paired anew: the pairing page comes
    });
    socket.on("foyer_signed_out", (said) => {
      if (!page.session || said.session !== page.session) return;
      if (!window.foyer.leaving) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`); // who signs out is on the way already
    });
  };

  const waitForSocket = setInterval(() => {
    if (!window.socket) return;
    clearInterval(waitForSocket);
    attach(window.socket);
  }, 20);

  document.addEventListener("input", (event) => {
    if (event.isTrusted && event.target.matches?.("input, textarea")) {
      event.target.dataset.typed = "1";
      changed = true;
    }
  }, true);

  // ── the unattended screen asks by itself ──
  if (surface === "kiosk") {
    let good = performance.now(), asking = false;
    setInterval(async () => {
      if (asking) return;
      asking = true;
      if (await healthy()) {
        good = performance.now();
        if (downSince !== null && window.socket?.connected) found();
      }
      asking = false;
    }, HEALTH_EVERY_MS);
    setInterval(() => {
      if (performance.now() - good > COVER_AFTER_MS) lost(Date.now() - Math.round(performance.now() - good));
    }, 200);
    // Fresh memory once a night, at a moment when nobody stands here.
    const opened = performance.now();
    setInterval(async () => {
      const hour = Number(clock(officeNow()).slice(0, 2));
      if (hour === 3 && performance.now() - opened > 20 * 3600e3 && root.dataset.idle === "1" && (await healthy())) location.reload();
    }, 600e3);
    // Nothing to find beside the screen: no menu, no selection, no zoom, no way back.
    // Text may be marked in a field; but a link that is dropped even there opens a page of its own, and a field's menu leads out too.
    for (const name of ["contextmenu", "selectstart", "dragstart", "dragover", "drop", "gesturestart"]) document.addEventListener(name, (e) => (name === "selectstart" && e.target.matches?.("input, textarea")) || e.preventDefault());
    document.addEventListener("touchmove", (e) => e.touches.length > 1 && e.preventDefault(), { passive: false });
    document.addEventListener("keydown", (e) => {
      // F1 opens help in a window, F3 a search, F6 and Alt D the address, F7 a dialog, F10 and Alt E/F the menu, Alt Home and the browser's own keys another page.
      if (/^(F\d+|ContextMenu|(Browser|Launch).+)$/.test(e.key) || (e.altKey && /^(Arrow(Left|Right)|Home|[def])$/i.test(e.key)) || ((e.ctrlKey || e.metaKey) && !/^[acvx]$/i.test(e.key))) e.preventDefault();
    });
    const stay = () => history.pushState(null, "", location.href);
    for (let step = 0; step < 5; step += 1) stay(); // several steps back at once do not lead out either
    window.addEventListener("popstate", stay);
  } else {
    setInterval(async () => {
      if (beating && Date.now() - lastHeard > BEAT_LOST_MS) lost(lastHeard);
    }, 1000);
  }
})();
