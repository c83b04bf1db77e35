// Custody on the floor: things change hands here and now, with or without a network. The phone records what was done and who signed; the server judges
// when it arrives, and what moved otherwise meanwhile comes back with its reason.
import { bundle } from './bundle.js';
import { changed, meta, setMeta } from './database.js';
import { record } from './queue.js';
import { session } from './session.js';
import { flush } from './sync.js';
import { inTurn, me, titleOf } from './work.js';

/** The acts, and who may do them: `give` to a person who signs, `back` to the office, `receive` from its keeper, `vendor` picks up, `home` again. */
export const ACTS = ['give', 'back', 'receive', 'vendor', 'home'];
const OFFICE = ['clerk', 'admin'];
export const actsOfMine = () => ((session.person?.roles || []).some((role) => OFFICE.includes(role)) ? ACTS : ['give', 'back']);

export const EMPTY = { act: 'give', things: [], person: null, vendor: '', contact: '', due: '' };

/** The pile is on the disk like the basket: a reload or an empty battery loses nothing. */
export const pile = async () => ({ ...EMPTY, ...(await meta(`pile:${session.person.id}`)) });

export const changePile = (work) =>
  inTurn(async () => {
    const next = work(structuredClone(await pile()));
    await setMeta(`pile:${session.person.id}`, next);
    changed();
    return next;
  });

export const clearPile = (act) => changePile(() => ({ ...EMPTY, act }));

const codesOf = (things) => things.map((one) => one.code);
const shownOf = (held, name) => ({ title: held.things.length === 1 ? titleOf(held.things[0]) || held.things[0].code : '', quantity: held.things.length, person: name });

/** Write the pile down as what happened. A hand-over and a return are one act for all of it; a repair is an act for each thing. */
export async function handOn(held, strokes) {
  const signature = strokes?.length ? { strokes } : null;
  if (held.act === 'give') {
    await record(me.person, 'asset.hand_over_signed', { codes: codesOf(held.things), to_person_id: held.person.id, signature, ...(held.due && { due_on: held.due }) }, { shown: shownOf(held, held.person.name) });
  } else if (held.act === 'back') {
    await record(me.person, 'asset.give_back', { codes: codesOf(held.things) }, { shown: shownOf(held) });
  } else if (held.act === 'receive') {
    await record(me.person, 'asset.receive_back', { codes: codesOf(held.things), ...(signature && { signature }) }, { shown: shownOf(held) });
  } else {
    for (const one of held.things) {
      if (held.act === 'vendor') {
        const said = { code: one.code, vendor: held.vendor.trim(), ...(held.contact.trim() && { contact: held.contact.trim() }), ...(held.due && { due_back_on: held.due }), ...(signature && { signature }) };
        await record(me.person, 'asset.send_to_repair', said, { shown: { title: titleOf(one) || one.code, person: held.vendor.trim() } });
      } else {
        await record(me.person, 'asset.back_from_repair', { code: one.code }, { shown: { title: titleOf(one) || one.code } });
      }
    }
  }
  await clearPile(held.act);
  flush('recorded');
}

export const peopleMatching = (text) => {
  const wanted = text.trim().toLowerCase();
  const people = (bundle()?.people || []).filter((one) => one.id !== session.person.id);
  return wanted ? people.filter((one) => [one.name, one.department, one.name_key].some((part) => part && part.toLowerCase().includes(wanted))).slice(0, 8) : [];
};
