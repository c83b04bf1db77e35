// The rows of a count as the screens show them, kept in memory beside the disk: a shelf of ten thousand things must not be read anew for each scan.
import { onForeignChange, read } from './database.js';

const known = new Map(); // round → Map of id → row; every row of that round that is the signed-in person's
let owner = null;

/** From now on the rows are this person's; what was remembered of another one is forgotten. */
export function rowsOf(personId) {
  owner = personId;
  known.clear();
}

onForeignChange(() => known.clear());

async function load(round) {
  const whose = owner;
  const rows = await read((db) => db.getAllFromIndex('rows', 'round', round));
  const mine = new Map(rows.filter((row) => row.person_id === whose).map((row) => [row.id, row]));
  if (owner === whose) known.set(round, mine);
  return mine;
}

/** All rows of a round, in no order. */
export async function roundRows(round) {
  return [...(known.get(round) || (await load(round))).values()];
}

/** A row was written to the disk: remember it as it is there. */
export function noteRow(row) {
  if (row.person_id === owner) known.get(row.round)?.set(row.id, row);
}
