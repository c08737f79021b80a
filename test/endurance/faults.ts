/* What goes wrong in an endurance run. Each fault is begun, lasts until it is healed, and says what it did, so that a run can be told from its log; several go on at
   once. Which, where and for how long the seed decides. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Dice } from "./dice.ts";
import type { EndurancePress, KeyKind } from "./endurancePress.ts";
import type { Load } from "./load.ts";
import type { PressProcess } from "./pressProcess.ts";

/** What a fault has to do with. */
export interface Stage {
  readonly press: EndurancePress;
  readonly load: Load;
  readonly dice: Dice;
  /** What other faults have in hand now: nothing breaks twice at once. */
  readonly taken: Set<string>;
}

/** A fault that has begun. */
export interface Begun {
  /** Where, and what else chance decided. */
  readonly detail: string;
  heal(): Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly weight: number;
  /** How long it has to last at least to be one. */
  readonly leastMilliseconds?: number;
  /** Undefined: there is nothing left to break, or to break again. */
  begin(stage: Stage): Promise<Begun | undefined>;
}

/** Longer than a claim of a worker, and than anybody waits for a lock. */
const LONGER_THAN_LEASES_MILLISECONDS = 6_500;
const CUT_EVERY_MILLISECONDS = 400;
const TERMINATE_EVERY_MILLISECONDS = 700;
const CONNECTIONS_MAX = 220;
const NOTHING_TO_HEAL = async () => undefined;

export const FAULTS: readonly Fault[] = [
  {
    name: "a gateway is killed",
    weight: 5,
    begin: (stage) => onProcess(stage, stage.press.gateways, killed),
  },
  {
    name: "a worker is killed",
    weight: 6,
    begin: (stage) => onProcess(stage, stage.press.workers, killed),
  },
  {
    name: "a worker sleeps for longer than its leases",
    weight: 4,
    leastMilliseconds: LONGER_THAN_LEASES_MILLISECONDS,
    begin: (stage) => onProcess(stage, stage.press.workers, paused),
  },
  {
    name: "a gateway sleeps",
    weight: 3,
    leastMilliseconds: LONGER_THAN_LEASES_MILLISECONDS,
    begin: (stage) => onProcess(stage, stage.press.gateways, paused),
  },
  {
    name: "PostgreSQL is killed",
    weight: 4,
    async begin({ press, taken }) {
      if (!take(taken, "database")) return undefined;
      await press.killDatabase();
      return { detail: "the postmaster", heal: () => press.startDatabase() };
    },
  },
  {
    name: "a process of PostgreSQL is killed, and it starts again",
    weight: 4,
    async begin({ press, taken, dice }) {
      if (!take(taken, "database")) return undefined;
      const { rows } = await press.database
        .pool("superuser")
        .query<{ pid: number; usename: string }>(
          `select pid, usename from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid`,
        );
      if (rows.length === 0) return undefined;
      const { pid, usename } = dice.pick(rows);
      process.kill(pid, "SIGKILL");
      return { detail: `a session of ${usename}`, heal: NOTHING_TO_HEAL };
    },
  },
  {
    name: "sessions are terminated",
    weight: 5,
    async begin({ press, dice }) {
      const percent = dice.between(10, 90);
      const text = `select pg_terminate_backend(pid) from pg_stat_activity
        where usename in ('press_gateway', 'press_worker', 'operator') and pid <> pg_backend_pid() and random() * 100 < $1`;
      const heal = every(TERMINATE_EVERY_MILLISECONDS, () => press.database.pool("superuser").query(text, [percent]));
      return { detail: `${percent} of a hundred, again and again`, heal };
    },
  },
  {
    name: "connections are cut in the middle of a message",
    weight: 8,
    begin: (stage) =>
      onLink(stage, (link) => {
        const most = stage.dice.pick([1, 50, 2_000, 50_000]);
        const heal = every(CUT_EVERY_MILLISECONDS, async () => link.cutAfter(() => stage.dice.between(0, most)));
        return { detail: `${link.name}, each after at most ${most} bytes`, heal };
      }),
  },
  {
    name: "connections stand still",
    weight: 5,
    begin: (stage) =>
      onLink(stage, (link) => {
        link.stall();
        return { detail: link.name, heal: NOTHING_TO_HEAL };
      }),
  },
  {
    name: "connections are slow",
    weight: 3,
    begin: (stage) =>
      onLink(stage, (link) => {
        const milliseconds = stage.dice.between(5, 200);
        link.slowDown(milliseconds);
        return { detail: `${link.name}, ${milliseconds} ms a piece`, heal: NOTHING_TO_HEAL };
      }),
  },
  {
    name: "nobody gets through",
    weight: 4,
    begin: (stage) =>
      onLink(stage, (link) => {
        link.break();
        return { detail: link.name, heal: NOTHING_TO_HEAL };
      }),
  },
  {
    name: "there are no connections left",
    weight: 2,
    async begin({ press, taken }) {
      if (!take(taken, "connections")) return undefined;
      const clients: pg.Client[] = [];
      for (let count = 0; count < CONNECTIONS_MAX; count += 1) {
        const client = new pg.Client({
          connectionString: press.database.url("operator"),
          connectionTimeoutMillis: 2_000,
        });
        client.on("error", () => undefined);
        if (
          !(await client.connect().then(
            () => true,
            () => false,
          ))
        )
          break;
        clients.push(client);
      }
      const heal = async () => void (await Promise.all(clients.map((client) => client.end().catch(() => undefined))));
      return { detail: `${clients.length} idle ones`, heal };
    },
  },
  {
    name: "a transaction is left open",
    weight: 3,
    begin: ({ press }) =>
      inSession(press, "a snapshot and an id", [
        "begin isolation level repeatable read",
        "select pg_current_xact_id(), count(*) from press.tickets",
      ]),
  },
  {
    name: "somebody holds an edition",
    weight: 3,
    leastMilliseconds: LONGER_THAN_LEASES_MILLISECONDS,
    async begin({ press, dice }) {
      const { rows } = await press.database
        .pool("superuser")
        .query<{ id: number; slug: string }>(
          "select id, slug from press.editions where status = 'open' order by id desc limit 8",
        );
      if (rows.length === 0) return undefined;
      const { id, slug } = dice.pick(rows);
      const lock = dice.pick([
        `select pg_advisory_xact_lock(42, ${id})`,
        `select from press.editions where id = ${id} for update`,
      ]);
      return inSession(press, `${slug}: ${lock}`, ["begin", lock]);
    },
  },
  {
    name: "somebody locks a table",
    weight: 2,
    begin: ({ press, dice }) => {
      const table = dice.pick([
        "press.tickets",
        "press.ledger_entries",
        "press.checkpoints",
        "press.editions",
        "press.holders",
      ]);
      const mode = dice.pick(["share row exclusive", "access exclusive"]);
      return inSession(press, `${table} in ${mode} mode`, ["begin", `lock table ${table} in ${mode} mode`]);
    },
  },
  {
    name: "keys are rotated",
    weight: 2,
    begin: (stage) => rotate(stage),
  },
  {
    name: "NATS is killed",
    weight: 4,
    async begin({ press: { nats }, taken, dice }) {
      if (nats === undefined || !take(taken, "NATS")) return undefined;
      const isWiped = dice.chance(25);
      await (isWiped ? nats.wipe() : nats.kill());
      return { detail: isWiped ? "and has lost its store" : "", heal: () => nats.start() };
    },
  },
  {
    name: "NATS sleeps",
    weight: 2,
    async begin({ press: { nats }, taken }) {
      if (nats === undefined || !take(taken, "NATS")) return undefined;
      nats.pause();
      return { detail: "", heal: async () => nats.resume() };
    },
  },
  {
    name: "the node is killed, and has lost what is in no block",
    weight: 3,
    async begin({ press: { node }, taken }) {
      if (!take(taken, "node")) return undefined;
      await node.kill();
      return { detail: "", heal: () => node.start() };
    },
  },
  {
    name: "the node sleeps",
    weight: 2,
    async begin({ press: { node }, taken }) {
      if (!take(taken, "node")) return undefined;
      node.pause();
      return { detail: "", heal: async () => node.resume() };
    },
  },
  {
    name: "the chain is reorganized",
    weight: 1,
    async begin({ press: { node }, taken, dice }) {
      if (!take(taken, "node")) return undefined;
      const depth = dice.between(1, 2);
      await node.reorganize(depth);
      return { detail: `${depth} deep`, heal: NOTHING_TO_HEAL };
    },
  },
  {
    name: "the provider and the beacon say nothing",
    weight: 2,
    async begin({ press: { provider, beacon }, taken }) {
      if (!take(taken, "provider")) return undefined;
      beacon.isWithheld = true;
      provider.instead = (_request, response) => {
        response.writeHead(503).end();
        return true;
      };
      const heal = async () => {
        beacon.isWithheld = false;
        provider.instead = () => false;
      };
      return { detail: "", heal };
    },
  },
];

function take(taken: Set<string>, name: string): boolean {
  if (taken.has(name)) return false;
  taken.add(name);
  return true;
}

async function onProcess(
  { taken, dice }: Stage,
  processes: readonly PressProcess[],
  act: (part: PressProcess) => Promise<Begun>,
): Promise<Begun | undefined> {
  const free = processes.filter(({ name, isRunning }) => isRunning && !taken.has(name));
  if (free.length === 0) return undefined;
  const part = dice.pick(free);
  taken.add(part.name);
  return act(part);
}

async function killed(part: PressProcess): Promise<Begun> {
  await part.kill();
  return { detail: part.name, heal: async () => part.start() };
}

async function paused(part: PressProcess): Promise<Begun> {
  part.pause();
  return { detail: part.name, heal: async () => part.resume() };
}

async function onLink(
  { press, taken, dice }: Stage,
  act: (link: EndurancePress["links"][number]) => Begun,
): Promise<Begun | undefined> {
  const free = press.links.filter(({ name }) => !taken.has(name));
  if (free.length === 0) return undefined;
  const link = dice.pick(free);
  taken.add(link.name);
  const { detail, heal } = act(link);
  return {
    detail,
    async heal() {
      await heal();
      link.heal();
    },
  };
}

/** Acts again and again, whether it succeeds or not; what this returns ends it. */
function every(milliseconds: number, act: () => Promise<unknown>): () => Promise<void> {
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      await act().catch(() => undefined);
      await sleep(milliseconds);
    }
  })();
  return () => {
    isOver = true;
    return running;
  };
}

/** A session of the superuser that does this and then nothing more until it is healed. A statement that waits is waited for only when it is healed. */
async function inSession(
  press: EndurancePress,
  detail: string,
  statements: readonly string[],
): Promise<Begun | undefined> {
  const client = new pg.Client({ connectionString: press.database.url("superuser"), connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  if (
    !(await client.connect().then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  const doing = (async () => {
    for (const statement of statements) await client.query(statement);
  })().catch(() => undefined);
  const heal = async () => {
    await doing;
    await client.query("rollback").catch(() => undefined);
    await client.end().catch(() => undefined);
  };
  return { detail, heal };
}

/** Workers are started with other keys, one after the other, and the old ones are retired once no worker has them any more. */
async function rotate({ press, load, taken, dice }: Stage): Promise<Begun | undefined> {
  if (press.workers.some(({ name, isRunning }) => taken.has(name) || !isRunning) || !take(taken, "keys"))
    return undefined;
  for (const { name } of press.workers) taken.add(name);
  load.editions.holdsSealedDraws = true;
  const kinds = dice.some<KeyKind>(["signing", "checkpoint", "credential"], dice.between(1, 3));
  const rotating = (async () => {
    try {
      // A sealed draw needs the key that it was committed to with.
      while (kinds.includes("signing") && load.editions.sealedAtWork > 0) await sleep(50);
      const old = kinds.map((kind) => press.keys.findLast((key) => key.kind === kind)?.keyId);
      for (const kind of kinds) await press.makeKey(kind);
      for (const worker of press.workers) {
        await worker.stop();
        worker.start();
      }
      return old;
    } finally {
      load.editions.holdsSealedDraws = false;
    }
  })();
  rotating.catch(() => undefined);
  return {
    detail: kinds.join(", "),
    async heal() {
      for (const keyId of await rotating) {
        const text = "select press_worker.retire_signing_key($1)";
        while (
          !(await press.database
            .pool("press_worker")
            .query(text, [keyId])
            .then(
              () => true,
              () => false,
            ))
        )
          await sleep(100);
      }
    },
  };
}
