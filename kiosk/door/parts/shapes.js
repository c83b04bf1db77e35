// The shapes of the states (look.md §2): each state has its own, so that colour is never the only signal.

export const SHAPES = `
  <svg :class="cls" viewBox="0 0 200 200" aria-hidden="true">
    <circle v-if="state === 'free'" cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22"/>
    <template v-else-if="state === 'soon'">
      <circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" opacity=".26"/>
      <circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" pathLength="100" :stroke-dasharray="(part * 100) + ' 100'" transform="rotate(-90 100 100)"/>
      <path d="M100 100V56M100 100l30 17" stroke="currentColor" stroke-width="15" stroke-linecap="round"/>
    </template>
    <template v-else-if="state === 'held'">
      <circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" stroke-dasharray="33 19.78"/>
      <circle cx="100" cy="84" r="21" fill="currentColor"/><path d="M60 140c4-24 20-33 40-33s36 9 40 33z" fill="currentColor"/>
    </template>
    <template v-else-if="state === 'busy'">
      <circle cx="100" cy="100" r="95" fill="currentColor"/><rect x="42" y="84" width="116" height="32" rx="6" fill="var(--ground)"/>
    </template>
    <template v-else-if="state === 'shut'">
      <rect x="18" y="18" width="164" height="164" rx="18" fill="none" stroke="currentColor" stroke-width="22"/>
      <path d="m66 66 68 68M134 66l-68 68" stroke="currentColor" stroke-width="20" stroke-linecap="round"/>
    </template>
    <template v-else>
      <path d="M100 20 188 176H12z" fill="none" stroke="currentColor" stroke-width="18" stroke-linejoin="round" stroke-dasharray="40 20"/>
      <path d="M100 82v44" stroke="currentColor" stroke-width="18" stroke-linecap="round"/><circle cx="100" cy="150" r="11" fill="currentColor"/>
    </template>
  </svg>`;

export const ECHO = `
  <svg class="door__echo" viewBox="0 0 200 200" aria-hidden="true">
    <circle v-if="face.state === 'busy'" cx="100" cy="100" r="98" fill="currentColor"/>
    <circle v-else-if="['free', 'soon', 'held'].includes(face.state)" cx="100" cy="100" r="90" fill="none" stroke="currentColor" stroke-width="16"
      :stroke-dasharray="face.state === 'held' ? '35.3 21.2' : null"/>
  </svg>`;

/** Small signs beside what a door also tells: a hand, a wrench, a broom, a check. */
export const MARKS = Object.freeze({
  help: "M5 17v-5.5a7 7 0 0 1 14 0V17M3.5 17h17M10 20.5h4",
  note: "M12 3.5 21 19.5H3zM12 9.5v5M12 17.2v.1",
  fault: "M14.5 6.5a4 4 0 0 1 5-1l-2.6 2.6 1 2 2.1.8 1.5-2.4a4 4 0 0 1-5 5L9 21a2.1 2.1 0 0 1-3-3l7.5-7.5a4 4 0 0 1 1-4",
  preparing: "M4 18.5h16M6 18.5V10h12v8.5M9 10V6h6v4",
  restoring: "M14 3 9.5 11M7 11.5c3-1.5 6 0 7 2L12 21H4.5c1.5-2 1.5-6 2.5-9.5",
  ready: "m5 12.5 4.5 4.5L19 7",
});
