/* The functions that are played, each with the statements that its real callers send: the gateway for a holder or an operator, and the worker. */
import { type KeyObject, sign } from "node:crypto";
import { checkpointBody, noteSignatureLine } from "../../verifier/index.ts";
import type { Call, Caller, Lane, Transaction } from "./scheduler.ts";

/** A key whose private half is here. */
export interface TestKey {
  readonly keyId: string;
  /** 64 hex characters. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** The rows that one interleaving is played with. */
export interface Case {
  readonly n: number;
  readonly editionId: number;
  readonly slug: string;
  /** By number; those that are signed have both. */
  readonly tickets: readonly { readonly id: string; readonly envelope: string | null; readonly proof: string | null }[];
  /** That wait to be decided: victor's, and where two prove the same, vera's. */
  readonly attestations: readonly { readonly id: string; readonly proof: string; readonly nonce: string }[];
  readonly walletScript: string;
  readonly recordId: string | undefined;
  /** That sign tickets and checkpoints; of rotate, one of them goes, and the other comes. */
  readonly ticketKey: TestKey;
  readonly checkpointKey: TestKey;
  readonly rotation:
    | { readonly from: TestKey; readonly to: TestKey; readonly purpose: "ticket" | "checkpoint" }
    | undefined;
  readonly origin: string;
}

export interface Setting {
  readonly played: Case;
  readonly lane: Lane;
  /** Whom it is played against. */
  readonly other: FunctionName;
  readonly variant: Variant;
  /** The same for both lanes, and one for each. */
  readonly requestKeys: Readonly<Record<"both" | Lane, string>>;
}

/** own: each asks for something of its own; same request: both send the same one; same holder: each its own, for one person; same operator: each its own, by one person; same proof:
 * each for another person, who have one account. */
export type Variant = "own" | "same request" | "same holder" | "same operator" | "same proof";

type Role = "press_holder" | "press_operator";

/** As gateway/database.ts begins a request. */
function asGateway(role: Role, subject: string, call: Call): Transaction {
  const begin = `select set_config('role', '${role}', true), set_config('press.subject', '${subject}', true), set_config('press.client_address', '192.0.2.1', true)`;
  return { login: "press_gateway", begin, calls: [call] };
}

/** The worker's calls are statements of their own; one that is to be held between its end and its commit has begun before. */
function asWorker(call: Call, begin?: string): Transaction {
  return { login: "press_worker", ...(begin === undefined ? {} : { begin }), calls: [call] };
}

/** Its first statement reads something, so that its snapshot is taken. */
const LOOK = "select from press_worker.latest_checkpoint()";

const only = (column: string) => (rows: readonly Record<string, unknown>[]) => String(rows[0]?.[column]);

/** Somebody who is new here. */
const operatorOf = ({ played, lane, variant }: Setting) =>
  `${lane === "A" || variant === "same request" || variant === "same operator" ? "olga" : "oscar"}-${played.n}`;

/** What anybody can do here, by name. */
export const FUNCTIONS = {
  /** Of lane A a person who is new here, for themselves; of B an operator, for somebody who is new here. Against verify it is who is being verified. */
  issue(setting: Setting): Caller {
    const { played, lane, variant, requestKeys } = setting;
    const requestKey = variant === "same request" ? requestKeys.both : requestKeys[lane];
    const text = "select ticket_number from press.issue_ticket($1, $2, $3)";
    const person = setting.other === "verify" ? "victor" : lane === "A" || variant !== "own" ? "bob" : "carol";
    const subject = `${person}-${played.n}`;
    const isByHolder = lane === "A" || variant === "same request";
    const values = () => [played.slug, requestKey, isByHolder ? null : subject];
    const call: Call = { text, values, hear: only("ticket_number") };
    return [
      isByHolder ? asGateway("press_holder", subject, call) : asGateway("press_operator", operatorOf(setting), call),
    ];
  },

  /** Of lane A by the holder, of B by an operator at the gate. */
  redeem(setting: Setting): Caller {
    const { played, lane, variant, requestKeys } = setting;
    const [ticket] = played.tickets;
    const requestKey = variant === "same request" ? requestKeys.both : requestKeys[lane];
    const isByHolder = lane === "A" || variant === "same request";
    const call: Call = {
      text: "select status from press.redeem_ticket($1, $2, $3)",
      values: () => [ticket?.envelope, ticket?.proof, requestKey],
      hear: only("status"),
    };
    return [
      isByHolder
        ? asGateway("press_holder", `alice-${played.n}`, call)
        : asGateway("press_operator", operatorOf(setting), call),
    ];
  },

  /** Against sign it is the ticket that is being signed. */
  revoke(setting: Setting): Caller {
    const ticket = setting.played.tickets[setting.other === "sign" ? 1 : 0];
    const text = "select status from press.revoke_ticket($1, 'because')";
    const call: Call = { text, values: () => [ticket?.id], hear: only("status") };
    return [asGateway("press_operator", operatorOf(setting), call)];
  },

  /** And then a worker looks whether the closing can be told. */
  close(setting: Setting): Caller {
    const close: Call = {
      text: "select status from press.close_edition($1)",
      values: () => [setting.played.slug],
      hear: only("status"),
    };
    const record: Call = {
      text: "select press_worker.record_closed_edition($1) as is_told",
      values: () => [setting.played.editionId],
      hear: (rows) => (rows[0]?.is_told ? "told" : "not told"),
    };
    return [asGateway("press_operator", operatorOf(setting), close), asWorker(record)];
  },

  draw(setting: Setting): Caller {
    const { played, lane, variant, requestKeys } = setting;
    const requestKey = variant === "same request" ? requestKeys.both : requestKeys[lane];
    const text = "select attempt || ' ' || status as draw from press.draw_winner($1, $2)";
    const call: Call = { text, values: () => [played.slug, requestKey], hear: only("draw") };
    return [asGateway("press_operator", operatorOf(setting), call)];
  },

  /** The worker's part of a draw; each lane has chosen another winner. */
  decide({ played, lane }: Setting): Caller {
    const call: Call = {
      text: "select ticket_number from press_worker.record_draw($1, 1, $2, null)",
      values: () => [played.editionId, lane === "A" ? 0 : 1],
      hear: only("ticket_number"),
    };
    return [asWorker(call, LOOK)];
  },

  verify({ played, lane, variant }: Setting): Caller {
    const { id, proof, nonce } = played.attestations[lane === "B" && variant === "same proof" ? 1 : 0] ?? {};
    const call: Call = {
      text: "select status from press_worker.verify_attestation($1, $2, $3, '{}')",
      values: () => [id, proof, nonce],
      hear: only("status"),
    };
    return [asWorker(call, LOOK)];
  },

  /** Claims a coin for what is queued, and stores what it has signed with it. */
  claim({ played }: Setting): Caller {
    let claimed: { id: string; epoch: number; txid: string; raw: string }[] = [];
    const claim: Call = {
      text: `select transaction_id as id, epoch, tests.build(c) as raw, tests.txid(tests.build(c)) as txid
             from press_worker.publications_to_send($1, 100, 0, 100000, 10, 300) c`,
      values: () => [played.walletScript],
      hear: (rows) => {
        claimed = [...rows];
        return `claimed ${rows.length}`;
      },
    };
    const store: Call = {
      text: "select outcome from press_worker.store_transactions($1, $2, $3, $4, 60)",
      values: () => [
        claimed.map(({ id }) => id),
        claimed.map(({ epoch }) => epoch),
        claimed.map(({ txid }) => txid),
        claimed.map(({ raw }) => raw),
      ],
      hear: (rows) => rows.map(({ outcome }) => outcome).join(" "),
    };
    return [asWorker(claim, LOOK), asWorker(store)];
  },

  release(): Caller {
    const text = "select press_worker.release_expired() as count";
    return [asWorker({ text, hear: only("count") }, LOOK)];
  },

  /** Another key comes, and then the old one goes. */
  rotate({ played }: Setting): Caller {
    const { from, to, purpose } = played.rotation ?? {};
    const register: Call = {
      text: "select from press_worker.register_signing_key($1, $2)",
      values: () => [to?.publicKey, purpose],
      hear: (rows) => `registered ${rows.length}`,
    };
    const retire: Call = {
      text: "select from press_worker.retire_signing_key($1)",
      values: () => [from?.keyId],
      hear: (rows) => `retired ${rows.length}`,
    };
    return [asWorker(register), asWorker(retire, LOOK)];
  },

  /** Gives places, and publishes the checkpoint. */
  integrate({ played }: Setting): Caller {
    let tree: { tree_size: string; root_hash: Buffer } | undefined;
    const integrate: Call = {
      text: "select press_worker.integrate_ledger(1000) as count",
      hear: (rows) => `placed ${rows[0]?.count}`,
    };
    const look: Call = {
      text: "select * from press_worker.checkpoint_to_sign()",
      hear: (rows) => {
        [tree] = rows;
        return undefined;
      },
    };
    const publish: Call = {
      text: "select from press_worker.publish_checkpoint($1, $2, $3, $4) where $2::bigint is not null",
      values: () => [
        played.checkpointKey.keyId,
        tree?.tree_size,
        tree?.root_hash,
        tree && noteOf(played, Number(tree.tree_size), tree.root_hash),
      ],
      hear: (rows) => (rows.length > 0 ? "published" : "nothing to publish"),
    };
    return [asWorker(integrate), asWorker(look), asWorker(publish)];
  },

  /** Claims what is pending, signs it, and brings the signatures. */
  sign({ played }: Setting): Caller {
    const { keyId, privateKey } = played.ticketKey;
    let claimed: { ticket_id: string; payload: string }[] = [];
    const claim: Call = {
      text: "select ticket_id, payload from press_worker.tickets_to_sign($1, 10, 60)",
      values: () => [keyId],
      hear: (rows) => {
        claimed = [...rows];
        return `claimed ${rows.length}`;
      },
    };
    const attach: Call = {
      text: "select outcome from press_worker.attach_signatures($1, $2, $3) order by outcome",
      values: () => [
        keyId,
        claimed.map(({ ticket_id }) => ticket_id),
        claimed.map(({ payload }) => sign(null, Buffer.from(payload), privateKey).toString("hex")),
      ],
      hear: (rows) => rows.map(({ outcome }) => outcome).join(" "),
    };
    return [asWorker(claim), asWorker(attach, LOOK)];
  },
} satisfies Record<string, (setting: Setting) => Caller>;

export type FunctionName = keyof typeof FUNCTIONS;

/** The signed note of a tree. */
export function noteOf(
  { origin, checkpointKey }: Pick<Case, "origin" | "checkpointKey">,
  size: number,
  root: Uint8Array,
): string {
  const body = checkpointBody(origin, size, root);
  const signature = sign(null, Buffer.from(body), checkpointKey.privateKey);
  return `${body}\n${noteSignatureLine(origin, Buffer.from(checkpointKey.publicKey, "hex"), signature)}`;
}

/** Where a function stops, between what it has judged and what it writes: the routine, and the text before which it stops. */
export const STOPS: readonly (readonly [routine: string, before: string])[] = [
  ["press_private.issue_batch", "insert into press.tickets"],
  ["press.redeem_ticket", "return press_private.record_redemption("],
  ["press.revoke_ticket", "insert into press.revocations"],
  ["press_private.close_edition_by_id", "update press.editions e set status = 'closed'"],
  ["press.draw_winner", "perform press_private.close_edition_by_id("],
  ["press_worker.record_draw", "return press_private.decide_draw("],
  ["press_worker.verify_attestation", "return press_private.decide_attestation("],
  ["press_private.claim_coins", "update press.utxos u\n  set state = 'reserved'"],
  ["press_private.release_reservations", "perform press_private.release_transaction("],
  ["press_worker.register_signing_key", "insert into press.signing_keys"],
  ["press_worker.integrate_ledger", "with taken as ("],
  ["press_worker.attach_signatures", "with attached as ("],
];
