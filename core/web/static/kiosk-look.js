/* What a kiosk tells the desk of itself: battery, size, link, memory, how many entries wait; and on demand a small picture of its screen. The picture is
   drawn here from boxes and colours: words are written out on the resting screen only. While somebody stands there every line of text is a grey bar, fields,
   photos, codes and signatures are left out: the desk sees which step, never whose. It also starts anew when the desk asks, at a moment of rest. */
(() => {
  const { page } = window.foyer;
  if (page.surface !== "kiosk" || !page.device) return;
  const EVERY_MS = 60000, WIDE = 360, MOST = 58000, opened = performance.now();
  const idle = () => document.documentElement.dataset.idle === "1";
  const step = () => document.querySelector(".kiosk__body")?.dataset.step || "";

  async function facts() {
    const battery = await navigator.getBattery?.().catch(() => null);
    let kept = { waiting: 0, aside: 0 };
    try {
      kept = await (await import("/welcome/offline/queue.js")).counts();
    } catch { /* a browser without a store */ }
    const link = navigator.connection;
    return {
      battery: battery ? Math.round(battery.level * 100) : null,
      shown: {
        step: step(), idle: idle(), panel: `${innerWidth} × ${innerHeight}`, up_s: Math.round((performance.now() - opened) / 1000),
        heap_mb: performance.memory ? Math.round(performance.memory.usedJSHeapSize / 1e6) : null, charging: battery ? battery.charging : null,
        link: link ? [link.type, link.effectiveType].filter(Boolean).join(" ").slice(0, 40) : "", waiting: kept.waiting, aside: kept.aside,
        offline_ready: Boolean(navigator.serviceWorker?.controller), device: navigator.userAgent.slice(0, 120),
      },
    };
  }

  const svgPicture = (svg) => new Promise((done) => {
    const style = getComputedStyle(svg), text = new XMLSerializer().serializeToString(svg).replace(/var\((--[\w-]+)\)/g, (all, name) => style.getPropertyValue(name).trim() || "none");
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => done(null);
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text.replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" width="${svg.clientWidth}" height="${svg.clientHeight}" `).replace(/(xmlns="[^"]+") (.*?)\1/, "$1 $2"));
  });

  async function picture() {
    const scale = WIDE / innerWidth, canvas = document.createElement("canvas"), open = idle();
    canvas.width = WIDE;
    canvas.height = Math.round(innerHeight * scale);
    const brush = canvas.getContext("2d");
    brush.scale(scale, scale);
    brush.fillStyle = getComputedStyle(document.body).backgroundColor;
    brush.fillRect(0, 0, innerWidth, innerHeight);
    const gate = open && document.querySelector(".gate__picture");
    const drawn = gate && (await svgPicture(gate));
    if (drawn) brush.drawImage(drawn, 0, 0, innerWidth, innerHeight);
    const walk = document.createTreeWalker(document.querySelector("main") || document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const element = node.nodeType === 1 ? node : node.parentElement;
      if (element.closest("svg, canvas, video, img, .kiosk__print, [aria-hidden=true]") || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const style = getComputedStyle(element);
      if (node.nodeType === 1) {
        if (/rgba?\(.*, 0\)$|transparent/.test(style.backgroundColor)) continue;
        const box = element.getBoundingClientRect();
        brush.fillStyle = style.backgroundColor;
        brush.beginPath();
        brush.roundRect(box.left, box.top, box.width, box.height, Math.min(parseFloat(style.borderTopLeftRadius) || 0, box.height / 2));
        brush.fill();
        continue;
      }
      if (!node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const size = parseFloat(style.fontSize);
      brush.fillStyle = style.color;
      const lines = [...range.getClientRects()];
      if (open && lines.length === 1) {
        brush.font = `${style.fontWeight} ${size}px sans-serif`;
        brush.fillText(node.data.trim(), lines[0].left, lines[0].bottom - (lines[0].height - size) / 2 - size * 0.14, lines[0].width + 2);
        continue;
      }
      brush.globalAlpha = 0.3;
      const part = innerWidth / 4; // not even how long a name is: bars come in quarters of the glass
      for (const line of lines) brush.fillRect(line.left, line.top + line.height * 0.25, Math.min(Math.ceil(line.width / part) * part, innerWidth - line.left), line.height * 0.5);
      brush.globalAlpha = 1;
    }
    for (const quality of [0.8, 0.5, 0.2]) {
      const data = canvas.toDataURL("image/webp", quality);
      if (data.length < MOST && data.startsWith("data:image/webp")) return data;
    }
    return "";
  }

  async function report(withPicture = false) {
    const said = { ...(await facts()), app_version: (page.build || "").slice(0, 40) };
    if (withPicture) {
      said.picture = await picture();
      said.shown.pictured = step();
    }
    await fetch("/api/v1/devices/report", { method: "POST", headers: { "Content-Type": "application/json", "Foyer-Surface": "kiosk" }, body: JSON.stringify(said) }).catch(() => null);
  }

  let restart = false;
  const attach = (socket) => socket.on("foyer_kiosk", (said) => {
    if (said.device !== page.device) return;
    if (said.act === "look") report(true);
    else if (said.act === "restart") restart = true;
  });
  const waiting = setInterval(() => window.socket && (clearInterval(waiting), attach(window.socket)), 50);
  setInterval(() => restart && idle() && window.foyer.linked() && location.reload(), 1000);
  setTimeout(() => report(), 4000);
  setInterval(() => window.foyer.linked() && report(), EVERY_MS);
})();
