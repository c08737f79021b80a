/* The gateway and the worker of a drill: the processes that `npm run gateway` and `npm run worker` start, and the commands of an operator. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Part } from "../start/part.ts";
import { CheckpointFile } from "../worker/checkpointStore.ts";
import type { DrillDatabase } from "./drillDatabase.ts";
import { must, waitFor } from "./waitFor.ts";

const execute = promisify(execFile);

const PRESS = join(import.meta.dirname, "..", "press.ts");
const ORIGIN = "drill.golden-press.local/ledger";
/** The edition in which customers buy. */
export const EDITION = "drill";

export interface DrillPressOptions {
  /** Where its keys and its checkpoint store are: another folder than the databases'. */
  readonly folder: string;
  /** The secret of the tokens. */
  readonly secret: string;
  /** Is told the commands of an operator that the drill runs. */
  readonly print: (line: string) => void;
}

/** How the ledger of a database stands. */
export interface LedgerState {
  readonly size: number;
  readonly checkpoints: number;
  /** Why the press is stopped; null where it is not. */
  readonly stopReason: string | null;
}

export class DrillPress {
  readonly #options: DrillPressOptions;
  readonly #store: CheckpointFile;
  #origin = ORIGIN;
  #worker: Part | undefined;
  #gateway: Part | undefined;

  constructor(options: DrillPressOptions) {
    this.#options = options;
    this.#store = new CheckpointFile(join(options.folder, "checkpoint"));
  }

  /** Opens the edition in which customers buy, without a cap that they could reach. */
  async openEdition(database: DrillDatabase): Promise<void> {
    await database.query(
      "select press.open_edition((press.create_edition($1, 'An edition to drill with', 100000000)).slug)",
      [EDITION],
    );
  }

  /** Starts the worker on a database, first, because it sees whether it is the right one; then the gateway, whose URL this is. */
  async start(database: DrillDatabase): Promise<string> {
    this.#worker = this.#part("worker", ["worker", "--create-key", "signing", "--create-key", "checkpoint"], database);
    await this.#worker.start();
    this.#gateway = this.#part("gateway", ["gateway"], database);
    const { url = "" } = await this.#gateway.start();
    return url;
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop();
    await this.#worker?.stop();
    this.#gateway = undefined;
    this.#worker = undefined;
  }

  /** How many entries of the ledger were published, as the store of the worker remembers. */
  async publishedSize(): Promise<number> {
    return (await this.#store.read())?.checkpoint.size ?? 0;
  }

  /** How the ledger of a database stands, by the rows. */
  async look(database: DrillDatabase): Promise<LedgerState> {
    const [row] = await database.query<{ size: string; checkpoints: string; stop_reason: string | null }>(
      `select (select coalesce(max(place) + 1, 0) from press.ledger_entries) as size,
              (select count(*) from press.checkpoints) as checkpoints, press.press_stop_reason() as stop_reason`,
    );
    return {
      size: Number(row?.size),
      checkpoints: Number(row?.checkpoints),
      stopReason: row?.stop_reason ?? null,
    };
  }

  /** Waits until everything that was issued is signed and under a checkpoint. */
  async untilRecorded(database: DrillDatabase): Promise<void> {
    await waitFor("every ticket to be under a checkpoint", async () => {
      const [row] = await database.query<{ is_done: boolean }>(
        `select (select count(*) from press_private.ledger_inbox) = 0 and not exists (select from press.tickets where envelope is null)
                and (select max(place) + 1 from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as is_done`,
      );
      return row?.is_done ?? false;
    });
  }

  /** Runs a command as a person would, in the environment of this press, and shows it. */
  async #command(database: DrillDatabase, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<void> {
    this.#options.print(`    $ golden-press ${args.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(" ")}`);
    const { stdout } = await execute(process.execPath, [PRESS, ...args], {
      env: { ...this.#environment(database), ...more },
    });
    for (const line of stdout.trimEnd().split("\n")) this.#options.print(`      ${line}`);
  }

  /** Accepts what is lost: the ledger goes on under another name, and the press is started. The parts are started anew. */
  async acceptLoss(database: DrillDatabase): Promise<string> {
    this.#origin = `${ORIGIN}-2`;
    this.#options.print(`    $ export LEDGER_ORIGIN=${this.#origin}`);
    await this.#command(database, ["ledger", "adopt", "--reason", "A drill: what was lost is lost."]);
    await this.stop();
    const url = await this.start(database);
    await this.#command(database, ["ledger", "start", "--reason", "A drill: the loss was announced."]);
    return url;
  }

  /** That no checkpoint of a database under the first name of the ledger goes beyond a place. */
  async requireNoFork(database: DrillDatabase, size: number): Promise<void> {
    const rows = await database.query<{ note: string; tree_size: string }>(
      "select note, tree_size from press.checkpoints",
    );
    const old = rows.filter(({ note }) => note.startsWith(`${ORIGIN}\n`));
    const beyond = old.filter(({ tree_size }) => Number(tree_size) > size);
    must(
      beyond.length === 0,
      `${beyond.length} checkpoints were signed under the old name after the loss: the ledger has forked.`,
    );
  }

  /** Audits the whole press, with the command for it. */
  audit(database: DrillDatabase): Promise<void> {
    return this.#command(database, ["audit"]);
  }

  /** The same on a standby. The checkpoint store is left out: it may be a moment ahead of what the standby has. */
  auditStandby(standby: DrillDatabase): Promise<void> {
    return this.#command(standby, ["audit"], { CHECKPOINT_STORE: "" });
  }

  #part(name: "gateway" | "worker", command: readonly string[], database: DrillDatabase): Part {
    return new Part({ name, command, env: this.#environment(database), say: () => undefined });
  }

  /** Nothing of what this process finds in its own: a drill must not publish anywhere, nor touch another press. */
  #environment(database: DrillDatabase): NodeJS.ProcessEnv {
    const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
    const machine = Object.entries({ PATH, HOME, TMPDIR, NODE_COMPILE_CACHE }).filter(([, text]) => text !== undefined);
    const { folder, secret } = this.#options;
    return {
      ...Object.fromEntries(machine),
      DATABASE_URL: database.url("operator"),
      GATEWAY_DATABASE_URL: database.url("press_gateway"),
      WORKER_DATABASE_URL: database.url("press_worker"),
      GRAPHILE_ENV: "production",
      PORT: "0",
      JWT_SECRET: secret,
      SIGNING_KEY_FILE: join(folder, "signing-key.pem"),
      CHECKPOINT_KEY_FILE: join(folder, "checkpoint-key.pem"),
      CHECKPOINT_STORE: join(folder, "checkpoint"),
      LEDGER_ORIGIN: this.#origin,
      LOG_LEVEL: "silent",
    };
  }
}
