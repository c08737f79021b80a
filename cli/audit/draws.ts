import { verifyBeacon } from "../../verifier/beacon.ts";
import { recomputeHistory } from "../../verifier/draws.ts";
import { EditionReader } from "../../verifier/editionHistory.ts";
import { type Look, pages } from "./look.ts";

const ROUNDS_PAGE = 100;
const ENTRIES_PAGE = 5_000;
/** Of one edition. What is kept of each is the number of a ticket and a hash, some 130 bytes. */
const ENTRIES_MAX = 5_000_000;

/** An edition that was drawn. */
interface DrawnEdition {
  readonly id: number;
  readonly slug: string;
  /** How many entries are about it. */
  readonly entries: number;
}

const DRAWN_EDITIONS = `
  select e.id, e.slug, (select count(*)::float8 from press.ledger_entries l where l.edition_id = e.id) as entries
  from press.ledger_entries d join press.editions e on e.id = d.edition_id
  where d.type = 'edition.drawn' order by e.id`;

/**
 * Makes every draw again with the SDK, from the entries of the ledger alone, and verifies every round of a beacon that the ledger has: the
 * database has no arithmetic for their signatures, and takes whatever a worker brings.
 */
export async function auditDraws(look: Look): Promise<void> {
  const { rows: editions } = await look.client.query<DrawnEdition>(DRAWN_EDITIONS);
  const steps = editions.map(({ entries }) => Math.ceil(entries / ENTRIES_PAGE));
  const { rows } = await look.client.query<{ count: number }>(
    "select count(*)::float8 as count from press.ledger_entries where type = 'beacon.archived'",
  );
  look.steps(steps.reduce((sum, count) => sum + count, 0) + Math.ceil((rows[0]?.count ?? 0) / ROUNDS_PAGE));
  await verifyRounds(look);
  for (const edition of editions) await recomputeEdition(look, edition);
}

interface RoundRow {
  readonly place: string;
  readonly leaf: string;
  readonly public_key: string | null;
}

// The chain is compared as text, because what an entry of another form says is no reason to read none.
const ROUNDS = `
  select l.place, l.leaf, c.public_key
  from (select * from press.ledger_entries where type = 'beacon.archived' and place > $1 order by place limit ${ROUNDS_PAGE}) l
  left join press.beacon_chains c on c.chain_hash = substring(l.leaf from '"chain_hash":"([0-9a-f]{64})"')
  order by l.place`;

async function verifyRounds({ client, report, step }: Look): Promise<void> {
  const rounds = pages(async (last: RoundRow | undefined) => {
    return (await client.query<RoundRow>(ROUNDS, [last?.place ?? -1])).rows;
  });
  let done = 0;
  for await (const { place, leaf, public_key: publicKey } of rounds) {
    if (done % ROUNDS_PAGE === 0) step(`${done} rounds of beacons`);
    done += 1;
    const problem = roundProblem(leaf, publicKey);
    const check = "the beacon signed the round that is archived";
    if (problem !== undefined) report({ check, subject: `press.ledger_entries (${place})`, finding: problem });
  }
}

function roundProblem(leaf: string, publicKey: string | null): string | undefined {
  if (publicKey === null) return "There is no such chain.";
  const archived = parse(leaf);
  if (archived === undefined) return "It is no JSON.";
  const { round, signature } = archived;
  return verifyBeacon({ publicKey, round, signature })
    ? undefined
    : `The key of the chain did not sign round ${round} with the signature ${signature}.`;
}

function parse(leaf: string): { readonly round: number; readonly signature: string } | undefined {
  try {
    return JSON.parse(leaf);
  } catch {
    return undefined;
  }
}

/** Reads the edition page by page; its entries are never in memory together. */
async function recomputeEdition({ client, report, say, step }: Look, { id, slug, entries }: DrawnEdition) {
  if (entries > ENTRIES_MAX) {
    return say(
      `The draw of ${slug} is not made again, because it has ${entries} entries, and ${ENTRIES_MAX} fit; press.recompute_draw has no such limit.`,
    );
  }
  const check = "the SDK makes the same draw of the entries of the edition";
  const leaves = pages(async (last: { place: string; leaf: string } | undefined) => {
    const text = `select place, leaf from press.ledger_entries where edition_id = $1 and place > $2 order by place limit ${ENTRIES_PAGE}`;
    return (await client.query<{ place: string; leaf: string }>(text, [id, last?.place ?? -1])).rows;
  });
  const reader = new EditionReader();
  let done = 0;
  for await (const { place, leaf } of leaves) {
    if (done % ENTRIES_PAGE === 0) step(`${slug}, ${done} entries`);
    done += 1;
    const refusal = reader.read(leaf);
    if (refusal !== undefined) {
      return report({ check, subject: `press.ledger_entries (${place})`, finding: refusal.message });
    }
  }
  const history = reader.history();
  if (history === undefined || "isValid" in history) {
    const finding = history?.message ?? "It has an edition.drawn, and was not opened and closed before.";
    return report({ check, subject: `press.editions (${id})`, finding });
  }
  for (const { attempt, agrees, message } of recomputeHistory(history)) {
    if (!agrees) report({ check, subject: `press.draws (${id},${attempt})`, finding: message });
  }
}
