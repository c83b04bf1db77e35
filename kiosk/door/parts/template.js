// The two pictures of a door: its face, and a task under the band that still tells the state (look.md §3).

import { ECHO } from "foyer-door/shapes.js";

const LANGUAGES_BAR = `
  <div class="door__langs" role="group" :aria-label="say('door.language')">
    <button v-for="(label, code) in languages" :key="code" type="button" class="door__lang" :class="{ 'door__lang--on': code === lang }"
      :lang="code" :aria-pressed="code === lang" @click="choose(code)">{{ label }}</button>
  </div>`;

const ACT = `
  <button v-for="act in acts" :key="act.key" type="button" class="button" :class="{ 'button--main': act.main, 'button--pressed': pressed === act.key }"
    :aria-disabled="pressed !== null" :data-act="act.key" @click="press(act)">
    <span class="door__label"><i v-if="pressed === act.key && act.kind" class="spin" aria-hidden="true"></i>{{ pressed === act.key && act.kind ? say('door.doing') : act.label }}</span>
    <span v-if="act.sub" class="button__sub">{{ act.sub }}</span>
  </button>`;

const CODE = `<svg class="code" :viewBox="code.box" shape-rendering="crispEdges" aria-hidden="true"><rect x="-4" y="-4" width="100%" height="100%" fill="#fff"/><path :d="code.path" fill="#14232F"/></svg>`;

const HEAD_ACTS = `
  <div class="door__extras">
    <button v-if="face.help" type="button" class="door__extra" data-act="help" @click="press({ task: 'help' })">
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 17v-5.5a7 7 0 0 1 14 0V17M3.5 17h17M10 20.5h4"/></svg><span>{{ say('door.act.help') }}</span></button>
    <button v-if="small && face.code" type="button" class="door__extra" data-act="phone" :aria-label="say('door.phone')" @click="press({ task: 'phone' })">
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2M20 14v6M14 20h2M18 17h2"/></svg></button>
  </div>`;

const PLAN = `
  <svg class="plan" :viewBox="'-2 -2 ' + (plan.width + 4) + ' ' + (plan.height + 4)" role="img" :aria-label="plan.name">
    <polygon class="plan__floor" :points="plan.outline"/>
    <g v-for="room in plan.rooms" :key="room.id" class="plan__room" :class="['plan__room--' + (room.state || 'unknown'), { 'plan__room--here': room.here }]" :data-room="room.id" :data-room-state="room.state">
      <rect :x="room.x + 2" :y="room.y + 2" :width="Math.max(2, room.width - 4)" :height="Math.max(2, room.height - 4)" rx="6"/>
      <text v-if="room.name" :x="room.middle" :y="room.centre - (room.sub ? plan.text * .35 : -plan.text * .35)" :font-size="plan.text" class="plan__name">{{ room.name }}</text>
      <text v-if="room.sub" :x="room.middle" :y="room.centre + plan.text * .85" :font-size="plan.text * .82" class="plan__sub">{{ room.sub }}</text>
      <Shape v-if="room.mark" cls="plan__mark" :state="room.state" :part=".3" :x="room.x + 10" :y="room.y + 10" :width="room.mark" :height="room.mark"/>
      <g v-if="room.here"><circle class="plan__dot" :cx="room.middle" :cy="room.y + room.height - plan.text * .7" :r="plan.text * .42"/></g>
    </g>
  </svg>
  <p class="plan__key"><i></i>{{ say('door.plan.here') }}</p>`;

export const TEMPLATE = `
  <div v-if="face && !task" class="screen door" :class="['door--' + face.state, { 'door--small': small, 'door--night': face.night }]" :lang="lang" :data-state="face.state"
    :data-version="version" @pointerdown="touched">
    ${ECHO}
    <header class="door__head">
      <div class="door__who"><div class="door__room">{{ face.room }}</div><div v-if="!small" class="door__about">{{ face.about }}</div></div>
      ${HEAD_ACTS}
      ${LANGUAGES_BAR}
      <div class="door__clock"><div class="door__time">{{ face.time }}</div><div v-if="!small" class="door__about">{{ face.date }}</div></div>
    </header>
    <ul v-if="face.marks.length" class="door__marks"><li v-for="mark in face.marks" :key="mark.kind + mark.text" :data-mark="mark.kind"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path :d="MARKS[mark.kind]"/></svg><span>{{ mark.text }}</span></li></ul>
    <section class="door__main" role="status">
      <div class="door__state"><Shape cls="door__shape" :state="face.state" :part="face.part"/><div class="door__word">{{ face.word }}</div></div>
      <p class="door__say">{{ face.say }}</p>
      <p v-if="face.next" class="door__next">{{ face.next }}</p>
    </section>
    <button v-if="!small && face.code" type="button" class="door__code" data-act="phone" :data-until="face.code.until" :aria-label="say('door.phone')" @click="press({ task: 'phone' })">${CODE.replaceAll("code.", "face.code.")}<span>{{ say('door.phone') }}</span></button>
    <div class="day" aria-hidden="true">
      <div class="day__track"><i v-for="slot in face.line.slots" :key="slot.id" class="day__slot" :class="{ 'day__slot--past': slot.past }" :style="{ left: slot.left + '%', width: slot.width + '%' }"></i></div>
      <div class="day__hours"><span v-for="hour in face.line.hours" :key="hour.text" :style="{ left: hour.at + '%' }">{{ hour.text }}</span></div>
      <i v-if="face.line.now !== null" class="day__now" :style="{ left: face.line.now + '%' }"></i>
    </div>
    <nav class="door__acts" :key="lang">
      <p v-if="face.wait" class="door__wait"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 18.5H7a4.3 4.3 0 0 1-1.4-8.4M9.2 6.4A6 6 0 0 1 18 10.6a4 4 0 0 1 1.9 7M3.5 3.5l17 17"/></svg><span>{{ face.wait }}</span></p>
      <template v-else>${ACT.replace("in acts", "in face.acts")}</template>
    </nav>
  </div>
  <div v-else-if="face" class="screen door door--task" :class="['door--on-' + face.state, { 'door--small': small }]" :lang="lang" :data-state="face.state" :data-task="task.name" @pointerdown="touched">
    <header class="door__band">
      <Shape cls="door__shape" :state="face.state" :part="face.part"/><strong>{{ face.word }}</strong>
      <span class="door__where">{{ face.until ? say('door.band', { room: face.room, until: face.until }) : face.room }}</span><span class="door__bandtime push">{{ face.time }}</span>
    </header>
    <section v-if="task.name === 'booked'" class="done" role="status">
      <svg class="done__mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.5"/><path d="m7.2 12.4 3.2 3.2 6.4-7"/></svg>
      <div><h2>{{ task.title }}</h2><p>{{ say('door.booked.line') }}</p></div>
    </section>
    <section v-else-if="task.name === 'told'" class="done" role="status">
      <svg class="done__mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.5"/><path d="m7.2 12.4 3.2 3.2 6.4-7"/></svg>
      <div><h2>{{ task.title }}</h2><p>{{ task.line }}</p></div>
    </section>
    <section v-else-if="task.name === 'phone'" class="phonecode">
      <div v-if="face.code" class="phonecode__code" :data-until="face.code.until">${CODE.replaceAll("code.", "face.code.")}</div>
      <div><h2>{{ face.code ? task.title : say('door.phone.none') }}</h2><p v-if="face.code">{{ say('door.phone.line') }}</p></div>
    </section>
    <section v-else-if="task.name === 'help'" class="doortiles">
      <h2>{{ task.title }}</h2>
      <button v-for="tile in task.tiles" :key="tile.key" type="button" class="doortile" :class="{ 'button--pressed': pressed === tile.key }" :aria-disabled="pressed !== null" :data-act="tile.key" @click="press(tile)">
        <b><i v-if="pressed === tile.key" class="spin" aria-hidden="true"></i>{{ tile.label }}</b><small v-if="tile.sub">{{ tile.sub }}</small></button>
    </section>
    <section v-else-if="task.plan" class="rooms rooms--plan"><h2>{{ task.title }}</h2>${PLAN.replaceAll("plan.", "task.plan.").replaceAll("door.task.plan.", "door.plan.")}</section>
    <section v-else class="rooms">
      <h2>{{ task.title }}</h2>
      <template v-if="task.name === 'times'">
        <button v-for="choice in task.choices" :key="choice.key" type="button" class="room room--act" :class="{ 'button--pressed': pressed === choice.key }" :data-act="choice.key" @click="press(choice)">
          <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8"/></svg>
          <span><b>{{ choice.label }}</b></span><em>{{ choice.sub }}</em></button>
      </template>
      <div v-else v-for="room in task.rooms" :key="room.id" class="room">
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8"/></svg>
        <span><b>{{ room.name }}</b><small>{{ room.about }}</small></span><em>{{ room.until }}</em></div>
    </section>
    <nav class="door__acts">
      <button v-if="task.name === 'booked'" type="button" class="button" :class="{ 'button--pressed': pressed === 'undo' }" data-act="undo" @click="undo"><span class="door__label">{{ say('door.undo') }}</span><span class="button__sub">{{ say('door.undo.left', { n: left }) }}</span></button>
      <button v-else type="button" class="button" data-act="back" @click="leave"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="m15 5-7 7 7 7"/></svg>{{ say('door.back') }}</button>
      <template v-if="task.plan">${ACT.replace("in acts", "in task.planActs")}</template>
      <span v-if="task.name === 'rooms' && !small" class="second door__auto">{{ say('door.rooms.scan') }}</span>
      <template v-if="task.acts">${ACT.replace("in acts", "in task.acts")}</template>
      <span v-if="task.name !== 'booked'" class="second push door__auto">{{ say('door.back.auto', { n: left }) }}</span>
    </nav>
  </div>
  <div v-else class="screen door door--lost" :lang="lang" data-state="lost"><section class="door__main"><p class="door__say">{{ say('door.starting') }}</p></section></div>`;
