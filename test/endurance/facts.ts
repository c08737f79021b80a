/* What there is in the end, by the raw rows, in the words in which clients have it. */

import { publishedPayloads } from "../chain/client.ts";
import type { NodeTransaction } from "../chain/regtestNode.ts";
import { type EndurancePress, EVENT_STREAM } from "./endurancePress.ts";
import type { EditionFact, Effect, Facts, Finding, Operation } from "./history.ts";
import { drawEffect, issueEffect } from "./judge.ts";

interface Row {
  readonly key: string;
  readonly effect: string;
}

const REDEEMED = `select coalesce(r.request_key::text, 'no key') as key, e.slug || '/' || r.ticket_number as effect
  from press.redemptions r join press.editions e on e.id = r.edition_id`;
const REVOKED = `select r.reason as key, e.slug || '/' || r.ticket_number as effect from press.revocations r join press.editions e on e.id = r.edition_id`;
const CREATED = "select slug as key, 'cap ' || cap as effect from press.editions";
const ATTESTED = "select coalesce(request_key::text, 'no key') as key, id::text as effect from press.attestations";
const RECORDED = "select nonce as key, id::text as effect from press.publications where kind = 'record'";

export async function readFacts(press: EndurancePress, operations: readonly Operation[]): Promise<Facts> {
  const query = async <Found extends object>(text: string) =>
    (await press.database.pool("superuser").query<Found>(text)).rows;
  const effects: Effect[] = [];
  for (const [kind, text] of [
    ["redeem", REDEEMED],
    ["revoke", REVOKED],
    ["create", CREATED],
    ["attest", ATTESTED],
    ["record", RECORDED],
  ] as const) {
    for (const { key, effect } of await query<Row>(text)) effects.push({ kind, key, effect });
  }
  const issued = await query<{ key: string; subject: string; numbers: number[] }>(
    `select coalesce(t.request_key::text, 'no key') as key, h.subject, array_agg(t.ticket_number order by t.request_position) as numbers
     from press.tickets t join press.holders h on h.id = t.holder_id group by t.request_key, t.edition_id, h.subject`,
  );
  for (const { key, subject, numbers } of issued)
    effects.push({ kind: "issue", key, effect: issueEffect(subject, numbers) });
  const draws = await query<{ slug: string; ticket_number: number | null; entries_count: number | null }>(
    "select e.slug, d.ticket_number, d.entries_count from press.draws d join press.editions e on e.id = d.edition_id where d.status = 'drawn'",
  );
  for (const { slug, ticket_number, entries_count } of draws)
    effects.push({ kind: "draw", key: slug, effect: drawEffect(ticket_number, entries_count) });
  // A draw and the end of a window close, too: only of whoever was told that they had closed it is it asked.
  const closed = new Set(
    (await query<{ slug: string }>("select slug from press.editions where closed_at is not null")).map(
      ({ slug }) => slug,
    ),
  );
  for (const { kind, key, outcome } of operations) {
    if (kind === "close" && outcome === "acknowledged" && closed.has(key))
      effects.push({ kind, key, effect: "closed" });
  }
  return { effects, editions: await readEditions(press) };
}

async function readEditions(press: EndurancePress): Promise<EditionFact[]> {
  const { rows } = await press.database.pool("superuser").query<{
    slug: string;
    cap: number;
    per_holder_limit: number;
    closes_at: Date | null;
    numbers: number[];
    subjects: string[];
  }>(
    `select e.slug, e.cap, e.per_holder_limit, e.closes_at, coalesce(array_agg(t.ticket_number) filter (where t.id is not null), '{}') as numbers,
       coalesce(array_agg(h.subject) filter (where t.id is not null), '{}') as subjects
     from press.editions e left join press.tickets t on t.edition_id = e.id left join press.holders h on h.id = t.holder_id group by e.id`,
  );
  return rows.map(({ slug, cap, per_holder_limit, closes_at, numbers, subjects }) => {
    const numbersByHolder = new Map<string, number[]>();
    for (const [index, subject] of subjects.entries()) {
      const own = numbersByHolder.get(subject) ?? [];
      own.push(numbers[index] as number);
      numbersByHolder.set(subject, own);
    }
    const closesAt = closes_at === null ? undefined : closes_at.getTime() - performance.timeOrigin;
    return { slug, cap, perHolderLimit: per_holder_limit, closesAt, numbers, numbersByHolder };
  });
}

/** What was sent is on the chain, once; what was taken was sent. */
export async function judgeChain(press: EndurancePress): Promise<Finding[]> {
  const { rows } = await press.database
    .pool("superuser")
    .query<{ nonce: string; payload: string; state: string; error_code: string | null }>(
      "select nonce, payload, state, error_code from press.publications where kind = 'record'",
    );
  const transactions: readonly NodeTransaction[] = await press.node.transactions();
  const published = publishedPayloads(transactions);
  return rows.flatMap(({ nonce, payload, state, error_code }): Finding[] => {
    const count = published.get(payload)?.length ?? 0;
    if (state !== "sent")
      return [{ what: "acknowledged and lost", detail: `The record ${nonce} is ${state} (${error_code}).` }];
    if (count === 1) return [];
    return [
      {
        what: count === 0 ? "acknowledged and lost" : "done twice",
        detail: `The record ${nonce} is on the chain ${count} times.`,
      },
    ];
  });
}

/** For so long a proof of somebody is new; whoever asks again later under the key of a request that had never come brings an old one, and is told so. */
const PROOF_MILLISECONDS = 900_000;

/** Whoever proved who they are has a signed credential: nobody here tells anything but the truth. */
export async function judgeCredentials(press: EndurancePress, operations: readonly Operation[]): Promise<Finding[]> {
  const late = new Set(
    operations.flatMap(({ kind, effect, beganAt, endedAt }) =>
      kind === "attest" && (endedAt ?? 0) - beganAt > PROOF_MILLISECONDS ? (effect ?? []) : [],
    ),
  );
  const { rows } = await press.database.pool("superuser").query<{ id: string; status: string; violations: string[] }>(
    `select a.id, a.status, coalesce(a.violations, '{}') as violations from press.attestations a
     left join press.credentials c on c.attestation_id = a.id and c.document is not null where a.status <> 'verified' or c.id is null`,
  );
  const isTooLate = ({ id, status, violations }: (typeof rows)[number]) =>
    late.has(id) && status === "rejected" && violations.join() === "evidence_invalid";
  return rows
    .filter((row) => !isTooLate(row))
    .map(({ id, status, violations }) => ({
      what: "not served",
      detail: `The attestation ${id} is ${status} (${violations.join(", ")}), or has no credential.`,
    }));
}

/** Whether the stream has at least so many events, each in its place. */
export async function judgeStream(press: EndurancePress, least: number): Promise<Finding[]> {
  const messages = (await press.nats?.messages(EVENT_STREAM)) ?? []; // Before the rows, which may become more.
  const { rows } = await press.database
    .pool("superuser")
    .query<{ leaf: string }>("select leaf from press.ledger_entries order by place");
  if (messages.length < least) return [{ what: "events", detail: `NATS has ${messages.length} of ${least} events.` }];
  const wrong = messages.find(
    ({ sequence, data }, place) => sequence !== place + 1 || !data.includes(rows[place]?.leaf ?? "no such entry"),
  );
  if (wrong === undefined) return [];
  return [{ what: "events", detail: `NATS has under the sequence ${wrong.sequence} another event: ${wrong.data}` }];
}
