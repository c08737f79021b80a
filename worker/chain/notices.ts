/** What the log says of publishing beside what it does: a trouble once when it begins, and once when it has ended. */
import type { Log } from "../log.ts";
import type { Broadcaster, Outcome, Sighting } from "./broadcaster.ts";
import type { PoolShortage } from "./queries.ts";

/** Of what the broadcaster was asked: it may answer one question and not the other. */
export type Question = "send" | "look" | "tip";

export interface NoticesOptions {
  readonly broadcaster: Pick<Broadcaster, "name">;
  readonly log: Log;
  /** Where the wallet is paid. */
  readonly address: string;
}

const SHORTAGES = {
  empty:
    "Publications wait: the pool has no coins that pay for them. Pay some to the wallet's address, and make them known with `golden-press wallet fund TXID`.",
  unmined:
    "Publications wait for a block: the coins of the pool are change of transactions that none has yet. More coins at the wallet's address, made known with `golden-press wallet fund TXID`, would not have to wait.",
  other_wallet:
    "Nothing is published: all coins of the pool are another wallet's. Start the worker with the key of that one (WALLET_KEY_FILE), or pay to this one's address and make it known with `golden-press wallet fund TXID`.",
} as const satisfies Record<NonNullable<PoolShortage["reason"]>, string>;

export class Notices {
  readonly #options: NoticesOptions;
  readonly #unanswered = new Set<Question>();
  #shortage: PoolShortage["reason"] = null;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** @param answers those to one request at least; none: all is well */
  tellOfReach(question: Question, answers: readonly (Outcome | Sighting)[]): void {
    const { broadcaster, log } = this.#options;
    const silent = answers.filter((answer) => answer.kind === "unknown" && answer.isUnanswered === true);
    const wasAway = this.#unanswered.size > 0;
    const [first] = silent;
    if (first === undefined) this.#unanswered.delete(question);
    else this.#unanswered.add(question);
    const isAway = this.#unanswered.size > 0;
    if (isAway && !wasAway) {
      log.error(
        { broadcaster: broadcaster.name, reason: first?.kind === "unknown" ? first.detail : undefined },
        "The chain cannot be reached: what is to be published is kept, and sent until somebody takes it.",
      );
    } else if (wasAway && !isAway) {
      log.info({ broadcaster: broadcaster.name }, "The chain can be reached again.");
    }
  }

  tellOfPool({ publications, reason }: PoolShortage): void {
    // While it is on its way to be paid nothing has changed.
    if (reason === this.#shortage || (reason === null && publications > 0)) return;
    const { log, address } = this.#options;
    if (reason === null) log.info("The pool pays for publications again.");
    else log[reason === "other_wallet" ? "error" : "warn"]({ address, publications }, SHORTAGES[reason]);
    this.#shortage = reason;
  }
}
