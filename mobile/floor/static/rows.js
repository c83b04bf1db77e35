// The rows of a count as the screens show them, kept in memory beside the disk: a shelf of ten thousand things must not be read anew for each scan.
import { changed, onForeignChange, read } from './database.js';

const known = new Map(); // round → Map of id → row; every row of that round that is the signed-in person's
const loading = new Map(); // round → {ready, late}: rows written while the disk is being read are put on top of what it says
let owner = null;

/** From now on the rows are this person's; what was remembered of another one is forgotten. */
export function rowsOf(personId) {
  owner = personId;
  known.clear();
  loading.clear();
}

onForeignChange(() => {
  known.clear();
  loading.clear();
});

function load(round) {
  const begun = loading.get(round);
  if (begun) return begun.ready;
  const whose = owner;
  const mine = { late: [] };
  mine.ready = read((db) => db.getAllFromIndex('rows', 'round', round)).then(
    (rows) => {
      const found = new Map(rows.filter((row) => row.person_id === whose).map((row) => [row.id, row]));
      for (const row of mine.late) found.set(row.id, row);
      if (loading.get(round) === mine) {
        loading.delete(round);
        known.set(round, found);
      }
      return found;
    },
    (error) => {
      if (loading.get(round) === mine) loading.delete(round);
      throw error;
    },
  );
  loading.set(round, mine);
  return mine.ready;
}

/** All rows of a round, in no order. */
export async function roundRows(round) {
  return [...(known.get(round) || (await load(round))).values()];
}

/** A row was written to the disk: remember it as it is there, and let the screens know (`quiet`: whoever wrote it says so itself). */
export function noteRow(row, quiet = false) {
  if (row.person_id !== owner) return;
  known.get(row.round)?.set(row.id, row);
  loading.get(row.round)?.late.push(row);
  if (!quiet) changed();
}
