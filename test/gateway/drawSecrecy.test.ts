/* Before the draw nobody is told the winner: not by a query, a subscription, an event, the ledger, a refusal, or the order of anything. Everything that a role
   can see is read when the draw was asked for, when the worker has chosen and has told nobody yet, and when it was killed at that moment: to the
   byte it is the same. Afterwards all of it tells the same winner. */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recomputeDraws } from "../../verifier/index.ts";
import { type DrawStep, Draws } from "../../worker/draws.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { type Repeating, repeat } from "../../worker/repeat.ts";
import { kill } from "../crash/launchWorker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings, leavesOf, makeRaffle } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";
import { makeLog, until } from "../worker/support.ts";
import { EventReader } from "./eventReader.ts";
import { RawSocket } from "./rawSocket.ts";
import { codesOf, makeOperatorToken, makeToken, startTestGateway, type TestGateway } from "./testGateway.ts";

const DRAWS = rounds(40, 1_000, 16);
const DRAWS_MAX = 5 * DRAWS;
/** In as many of them the worker is killed when it has chosen. */
const KILLED = rounds(4, 50, 2);
const TICKETS = 3;

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestWorker;
let folder: string;
let keyFile: string;
let draws: Draws;
let committing: Repeating;
let reader: EventReader;
let socket: RawSocket;
let tokens: Readonly<Record<string, string | undefined>>;
/** What is done while the worker knows the winner and nobody else does. */
let whenChosen: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  worker = await TestWorker.start(database);
  folder = await mkdtemp(join(tmpdir(), "golden-press-secrecy-"));
  keyFile = join(folder, "signing-key.pem");
  const log = makeLog();
  draws = new Draws({
    db: database.pool("press_worker"),
    key: await createSigningKey(keyFile),
    ledger: { origin: worker.origin, store: { read: async () => undefined } },
    beaconUrls: [],
    log,
    observe: (step) => (step === "drawChosen" ? whenChosen() : undefined),
  });
  committing = repeat({ name: "commit", pauseMilliseconds: 5, log, act: () => draws.commit() });
  tokens = {
    nobody: undefined,
    holder1: await makeToken("holder 1"),
    holder2: await makeToken("holder 2"),
    operator: await makeOperatorToken(),
  };
  reader = await EventReader.open(`${gateway.url}/events`);
  socket = await RawSocket.open(gateway, tokens.operator);
  socket.subscribe(
    "editions",
    "subscription { editionChanged { edition { slug status draws { nodes { ticketNumber entropy } } } } }",
  );
  socket.subscribe("ledger", 'subscription { ledgerGrew(after: "-1") { entries { leaf } } }');
});
afterAll(async () => {
  reader.close();
  socket.terminate();
  await committing.stop();
  await gateway.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const DRAW_FIELDS =
  "attempt status requestedAt replacedNumber reason entriesCount entriesHash entropy beaconRound treeSize ticketNumber drawnAt";

/** Everything about one edition that there is to ask for, each list in each order that a winner could change. */
const SEE = `query ($slug: String!) {
  editionBySlug(slug: $slug) {
    status closedAt isOpen remainingCount drawCommitment
    draws { totalCount nodes { ${DRAW_FIELDS} } }
    byNumber: draws(orderBy: [TICKET_NUMBER_ASC]) { nodes { id } }
    byMoment: draws(orderBy: [DRAWN_AT_DESC]) { nodes { id } }
    ofFirst: draws(filter: { ticketNumber: { equalTo: 1 } }) { totalCount }
    ofAny: draws(filter: { ticketNumber: { greaterThan: 0 } }) { totalCount }
    TICKETS
    ledgerEntries { nodes { place type leaf } }
  }
  recomputeDraw(editionSlug: $slug) { nodes { recordedNumber recomputedNumber } }
}`;
/** Nobody's tickets are there to be asked for by nobody. */
const seeAs = (token: string | undefined) =>
  SEE.replace("TICKETS", token === undefined ? "" : "tickets { nodes { ticketNumber status ledgerPlace } }");
/** Everything that can be asked to be done with a draw; what is asked for again, under the key of the draw, is answered as before. */
const ASK = `mutation ($slug: String!, $key: UUID!, $other: UUID!) {
  again: drawWinner(input: { editionSlug: $slug, requestKey: $key }) { draw { ${DRAW_FIELDS} } }
  other: drawWinner(input: { editionSlug: $slug, requestKey: $other }) { draw { ticketNumber } }
  replace: replaceWinner(input: { editionSlug: $slug, reason: "because" }) { draw { ticketNumber } }
  void: voidDraw(input: { editionSlug: $slug, reason: "because" }) { draw { ticketNumber } }
  close: closeEdition(input: { editionSlug: $slug }) { edition { status } }
}`;
/** The same request again, which is answered with what became of it. */
const AGAIN = `mutation ($slug: String!, $key: UUID!) {
  again: drawWinner(input: { editionSlug: $slug, requestKey: $key }) { draw { ticketNumber } }
}`;
/** What a role reads that is no client's. */
const AUDIT = `select
  (select jsonb_agg(d) from press.draws d where d.edition_id = e.id) as draws,
  (select jsonb_agg(r) from press_private.draw_requests r where r.edition_id = e.id) as requests,
  (select jsonb_agg(i) from press_private.ledger_inbox i where i.edition_id = e.id) as inbox,
  (select jsonb_agg(l order by l.place) from press.ledger_entries l where l.edition_id = e.id) as entries
  from press.editions e where e.slug = $1`;

interface Raffled {
  readonly slug: string;
  readonly key: string;
}

/** Everything that each role can see of an edition and its draw, as it came. */
async function everythingSeen({ slug, key }: Raffled): Promise<Record<string, string>> {
  const variables = { slug, key, other: "00000000-0000-4000-8000-00000000000f" };
  const seen: Record<string, string> = {};
  for (const [role, token] of Object.entries(tokens)) {
    seen[`${role} sees`] = (await gateway.ask(seeAs(token), { token, variables: { slug } })).text;
    seen[`${role} asks`] = (await gateway.ask(ASK, { token, variables })).text;
  }
  seen.auditor = JSON.stringify((await database.pool("press_auditor").query(AUDIT, [slug])).rows);
  seen.events = String(reader.entries.some((entry) => isDrawnEvent(entry, slug)));
  seen.ledgerGrew = String(leavesOfSocket().some((leaf) => isDrawn(leaf, slug)));
  seen.editionChanged = JSON.stringify(winnersOnSocket(slug));
  return seen;
}

const isDrawn = (leaf: string, slug: string) =>
  leaf.includes(`"edition":"${slug}"`) && leaf.includes('"edition.drawn"');
const isDrawnEvent = (event: string, slug: string) => {
  const { type, data } = JSON.parse(event);
  return type.includes("drawn") && data.edition === slug;
};
const leavesOfSocket = () =>
  socket.eventsOf<{ entries: { leaf: string }[] }>("ledger").flatMap(({ entries }) => entries.map(({ leaf }) => leaf));

/** What the subscription to editions has told of the winner of one, but for nulls. */
const winnersOnSocket = (slug: string) =>
  socket
    .eventsOf<{ edition: { slug: string; draws: { nodes: { ticketNumber: number | null }[] } } | null }>("editions")
    .flatMap(({ edition }) => (edition?.slug === slug ? edition.draws.nodes : []))
    .flatMap(({ ticketNumber }) => ticketNumber ?? []);

async function askForDraw(number: number): Promise<Raffled> {
  const [slug, key] = [`raffle-${number}`, randomUUID()];
  await makeRaffle(database, slug, { mode: number % 2 === 0 ? "random_int" : "sealed", tickets: TICKETS });
  const text = `mutation ($slug: String!, $key: UUID!) { drawWinner(input: { editionSlug: $slug, requestKey: $key }) { draw { status } } }`;
  const { data, errors } = await gateway.ask(text, { token: tokens.operator, variables: { slug, key } });
  expect([data, errors]).toEqual([{ drawWinner: { draw: { status: "requested" } } }, []]);
  await worker.work();
  return { slug, key };
}

/** Runs a process that makes the draw, kills it when it has chosen, and looks before and after. */
async function killWhenChosen(raffled: Raffled, before: Record<string, string>): Promise<void> {
  const child: ChildProcess = fork(join(import.meta.dirname, "../crash/drawProcess.ts"), {
    env: {
      ...process.env,
      WORKER_DATABASE_URL: database.url("press_worker"),
      SIGNING_KEY_FILE: keyFile,
      LEDGER_ORIGIN: worker.origin,
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [step] = (await once(child, "message")) as [DrawStep];
  expect(step).toBe("drawChosen");
  expect(await everythingSeen(raffled)).toEqual(before);
  await kill(child);
  expect(await everythingSeen(raffled)).toEqual(before);
}

/** The winner, by all that tell of it at once: of four roles the row, the recomputation and the entry; the answer to the operator; and the SDK. */
async function winnersTold({ slug, key }: Raffled): Promise<unknown[]> {
  const told: unknown[] = [];
  for (const token of Object.values(tokens)) {
    const { data } = await gateway.ask<SeenData>(seeAs(token), { token, variables: { slug } });
    told.push(...data.editionBySlug.draws.nodes.map(({ ticketNumber }) => ticketNumber));
    told.push(...data.recomputeDraw.nodes.map(({ recordedNumber }) => recordedNumber));
    const drawn = data.editionBySlug.ledgerEntries.nodes.filter(({ type }) => type === "edition.drawn");
    told.push(...drawn.map(({ leaf }) => JSON.parse(leaf).ticket_number));
  }
  const { data } = await gateway.ask<{ again: { draw: { ticketNumber: number } } }>(AGAIN, {
    token: tokens.operator,
    variables: { slug, key },
  });
  told.push(data.again.draw.ticketNumber);
  const answer = recomputeDraws(await leavesOf(database, slug));
  told.push(...(answer.isValid ? answer.draws.map(({ recorded }) => recorded) : [answer.message]));
  return told;
}

/** The winners of all editions by what comes to those who listen: each edition once, as `slug number`. */
async function winnersHeard(count: number) {
  const ofEvents = () => reader.entries.filter((entry) => JSON.parse(entry).type === "edition.drawn");
  const ofSocket = () => leavesOfSocket().filter((leaf) => leaf.includes('"edition.drawn"'));
  await until(() => ofEvents().length === count && ofSocket().length === count);
  const told = (leaf: { edition: string; ticket_number: number }) => `${leaf.edition} ${leaf.ticket_number}`;
  return {
    events: ofEvents().map((entry) => told(JSON.parse(entry).data)),
    ledgerGrew: ofSocket().map((leaf) => told(JSON.parse(leaf))),
  };
}

interface SeenData {
  readonly editionBySlug: {
    readonly draws: { readonly nodes: readonly { readonly ticketNumber: number | null }[] };
    readonly ledgerEntries: { readonly nodes: readonly { readonly type: string; readonly leaf: string }[] };
  };
  readonly recomputeDraw: { readonly nodes: readonly { readonly recordedNumber: number | null }[] };
}

test(`${DRAWS} draws, the worker killed in ${KILLED} of them (seed ${seed})`, async () => {
  const winners: string[] = [];
  const numbersDrawn = () => new Set(winners.map((winner) => winner.split(" ")[1]));
  // It may take some more until each of the three tickets has won.
  for (let number = 0; number < DRAWS || (numbersDrawn().size < 3 && number < DRAWS_MAX); number++) {
    const raffled = await askForDraw(number);
    const before = await everythingSeen(raffled);
    expect(before["nobody sees"]).toContain('"status":"requested"');
    expect(before["nobody sees"]).toContain('"ticketNumber":null,"drawnAt":null');
    if (number % Math.floor(DRAWS / KILLED) === 0) await killWhenChosen(raffled, before);
    let whileChosen: Record<string, string> | undefined;
    whenChosen = async () => {
      whileChosen = await everythingSeen(raffled);
    };
    await draws.make();
    expect(whileChosen).toEqual(before);
    await worker.work();
    const told = await winnersTold(raffled);
    expect([told.length, new Set(told).size]).toEqual([14, 1]);
    winners.push(`${raffled.slug} ${told[0]}`);
  }
  expect(numbersDrawn()).toEqual(new Set(["1", "2", "3"]));
  expect(await winnersHeard(winners.length)).toEqual({ events: winners, ledgerGrew: winners });
  const last = winners.at(-1)?.split(" ") ?? [];
  await until(() => winnersOnSocket(String(last[0])).length > 0);
  for (const [slug = "", number] of winners.map((winner) => winner.split(" "))) {
    expect(winnersOnSocket(slug).filter((told) => told !== Number(number))).toEqual([]);
  }
}, 1_800_000);

test("whoever asks the wrong way is told the same before and after, and never a number", async () => {
  const raffled = await askForDraw(DRAWS_MAX + random.integer(2));
  const variables = { ...raffled, other: randomUUID() };
  const before = await gateway.ask(ASK, { token: tokens.operator, variables });
  expect(codesOf(before)).toEqual(["ALREADY_DRAWN", "DRAW_NOT_READY", "DRAW_NOT_READY"]);
  whenChosen = async () => undefined;
  await draws.make();
  const after = await gateway.ask(ASK.replace(/^ {2}(replace|again):.*\n/gm, "").replace(", $key: UUID!", ""), {
    token: tokens.operator,
    variables: { slug: raffled.slug, other: randomUUID() },
  });
  expect(codesOf(after)).toEqual(["ALREADY_DRAWN", "ALREADY_DRAWN"]);
  expect(after.text).not.toMatch(/"ticketNumber":\d/);
  await worker.work();
});

test("after all of it the audit finds nothing", async () => {
  expect(await auditFindings(database)).toEqual([]);
});
