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
