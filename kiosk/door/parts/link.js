// The door's link: what the server says, what a broken link means, and how it mends (nicegui-facts; pitfalls V23, V24).
// Methods of the door element.

import { ask } from "foyer-door/server.js";
import { MINUTE, SECOND } from "foyer-door/words.js";

export const LINK = {
  join() {
    const socket = window.socket;
    if (!socket) { this.later(this.join, 50); return; } // NiceGUI opens its socket after its children are mounted
    const on = { foyer_beat: this.beat, foyer_door: this.pushed, foyer_free: this.counted, foyer_show: this.show, connect: this.connected, disconnect: this.disconnected, connect_error: this.refusedLink };
    socket.off("connect_error"); // NiceGUI would reload an unattended page into the browser's own error page
    for (const [name, handler] of Object.entries(on)) socket.on(name, handler);
    this.leaveLink = () => { for (const [name, handler] of Object.entries(on)) socket.off(name, handler); };
    socket.io.timeout(4000);
    socket.io.reconnectionDelayMax(3000);
    if (socket.connected) this.connected();
  },
  beat(word) {
    const jumped = Math.abs(word.now - this.now()) > 5 * SECOND; // the office's clock was moved: another part of the day
    this.hear(word.now);
    if (word.build && window.foyerPage?.build && word.build !== window.foyerPage.build && this.newerAt === null) {
      this.newerAt = performance.now() + Math.random() * MINUTE; // not all doors of the house in one second
    }
    if (this.stale !== null || jumped) this.refresh();
    this.tick();
  },
  counted(word) { this.free = word.free; this.tick(); },
  pushed(view) { this.take(view); this.tick(); },
  connected() { this.refresh(); },
  disconnected(reason) {
    const socket = window.socket;
    this.stale ??= performance.now();
    socket.sendBuffer.length = 0; // a tap made now must not run when the link is back
    if (reason === "io server disconnect") this.later(() => socket.connect(), 2 * SECOND);
  },
  async refusedLink(error) {
    const socket = window.socket;
    this.stale ??= performance.now();
    if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
    if (error.message !== "Implicit handshake failed") return; // socket.io tries again by itself
    if (this.pressed !== null || !(await this.reloadSafely())) this.later(() => socket.connect(), 2 * SECOND);
  },
  /** Load the page anew, but only from a server that answers, and never over a tap that waits for its answer. */
  async reloadSafely() {
    const health = await ask("/healthz").catch(() => null);
    if (this.pressed !== null || health?.status !== 200 || health.body?.status !== "ok") return false;
    location.reload();
    return true;
  },
  /** One waiting step of the link at a time, however often it breaks. */
  later(step, after) { clearTimeout(this.waiting); this.waiting = setTimeout(step, after); },
  soon(after) { clearTimeout(this.again); this.again = setTimeout(() => { if (window.socket?.connected) this.refresh(); }, after); },
  async refresh() {
    if (this.refreshing) return;
    this.refreshing = true;
    const answer = await ask(`${this.api}/rooms/${this.room}/door`).catch(() => null);
    this.refreshing = false;
    if (answer?.status === 200 && answer.body?.id === this.room && answer.body.phases?.length) { // anything less says nothing of the room
      if (window.socket?.connected) this.stale = null;
      this.take(answer.body, true);
      this.tick();
    } else if (answer && [401, 403].includes(answer.status)) { if (await this.pairAgain()) this.soon(SECOND); } // no longer this room's screen
    else this.soon(3 * SECOND);
  },
};
