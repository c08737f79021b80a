/** `golden-press attest`: what an operator does for somebody who proves at a desk who they are. */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { wordsOf } from "../attestationRegister.ts";
import type { Configuration } from "../configuration.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explaining, explainRefusal } from "./refusal.ts";
import { withPress } from "./withPress.ts";

type Kind = "oidc" | "repository";

export interface AttestOptions {
  readonly kind: Kind;
  /** The subject of whoever proves something. */
  readonly for: string;
  /** An ID token or OWNER/NAME, or `-` for the standard input; without it the proof is begun. */
  readonly evidence?: string;
  /** The network address that they come from. */
  readonly address?: string;
  readonly requestKey?: string;
  readonly out?: string;
  /** Seconds to wait until the worker has decided and signed; 0 waits for nothing. */
  readonly wait: number;
}

interface Attestation {
  readonly id: string;
  readonly status: "submitted" | "verified" | "rejected";
  readonly violations: readonly string[] | null;
  /** Why the evidence does not hold, where it does not. */
  readonly problem: string | null;
  readonly credential_id: string | null;
  readonly credential_status: "pending" | "signed" | "revoked" | null;
  readonly document: string | null;
}

const LOOK_MILLISECONDS = 100;

const ATTESTATION = `
  select a.id, a.status, a.violations, a.facts ->> 'problem' as problem, c.id as credential_id, c.status as credential_status, c.document
  from press.attestations a left join press.credentials c on c.attestation_id = a.id
  where a.id = $1`;

/** The rules that were broken, as they were judged: by the facts and the rule set of the decision. */
const BROKEN_RULES = `
  select v.name, v.sentence || ' Found: ' || v.found || '; demanded: ' || v.demanded || '.' as sentence
  from press.attestations a
  cross join lateral press.anti_gaming_violations(
    (a.facts ->> 'repository_created_at')::timestamptz, (a.facts ->> 'repository_size_kb')::bigint,
    (a.facts ->> 'account_created_at')::timestamptz, (a.facts ->> 'address_checks')::integer,
    (a.facts ->> 'checked_at')::timestamptz, a.rule_set_id) v
  where a.id = $1`;

/**
 * Begins a proof for somebody, and prints the number that it has to name; or submits evidence, waits until it is decided, and prints the
 * credential, one line, or why there is none.
 *
 * @returns the exit code: 0 begun, submitted or verified; 1 rejected
 */
export async function attest(configuration: Configuration, options: AttestOptions): Promise<number> {
  if (options.evidence === undefined) return begin(configuration, options);
  if (options.address === undefined) {
    throw new CommandError("--address is missing: the network address that the evidence comes from.", EXIT.usage);
  }
  const evidence = options.evidence === "-" ? (await readAll(process.stdin)).trim() : options.evidence;
  const requestKey = options.requestKey ?? randomUUID();
  const url = await databaseUrl(configuration, "operator");
  return withPress(url, async (client) => {
    const id = await submit(client, evidence, requestKey, options);
    const again = `the same command with --request-key ${requestKey}`;
    console.error(`Submitted evidence for ${options.for}: attestation ${id}.`);
    if (options.wait === 0) {
      console.error(`The worker decides; ${again} tells.`);
      return EXIT.done;
    }
    const decided = await waitForDecision(client, id, options.wait);
    if (decided === undefined) {
      throw new CommandError(
        `Nothing decided and signed it within ${options.wait} s: is a worker running that asks for such evidence? It is submitted all the same; ${again} waits again.`,
      );
    }
    return decided.status === "rejected" ? explainRejection(client, decided) : deliver(decided, options);
  });
}

async function begin(configuration: Configuration, { kind, for: subject }: AttestOptions): Promise<number> {
  const url = await databaseUrl(configuration, "operator");
  const { nonce, expires } = await withPress(url, async (client) => {
    const text = `select nonce, to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as expires
                  from press.begin_attestation($1, $2)`;
    const { rows } = await explaining(client.query<{ nonce: string; expires: string }>(text, [kind, subject]));
    return rows[0] as { nonce: string; expires: string };
  });
  const next = `golden-press attest --kind ${kind} --for ${shellWord(subject)} --address ADDRESS`;
  const toDo =
    kind === "repository"
      ? [
          `${subject} puts this line into the file golden-press.txt in the root of the default branch of a public repository of their own, before ${expires}.`,
          `Then: ${next} --evidence OWNER/NAME`,
        ]
      : [
          `${subject} signs in at a provider that the worker trusts (ATTESTATION_ISSUERS), by a request whose nonce is this number, before ${expires}.`,
          `Then, with the ID token on the standard input: ${next} --evidence -`,
        ];
  console.error(toDo.join("\n"));
  console.log(nonce);
  return EXIT.done;
}

/** A text as a POSIX shell takes it for one word: a subject may be a name with blanks, or with what a shell would run. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

async function submit(
  client: pg.Client,
  evidence: string,
  requestKey: string,
  { kind, for: subject, address }: AttestOptions,
): Promise<string> {
  try {
    const text = "select id from press.submit_attestation($1, $2, $3, $4, $5)";
    const { rows } = await client.query<{ id: string }>(text, [kind, evidence, requestKey, subject, address]);
    return String(rows[0]?.id);
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw explainRefusal(error);
    throw new CommandError(
      `The connection broke (${(error as Error).message}), and it may be submitted or not: the same command with --request-key ${requestKey} finds out.`,
    );
  }
}

/** Looks until it is rejected, or its credential is signed or was revoked; undefined when the time is over. */
async function waitForDecision(client: pg.Client, id: string, seconds: number): Promise<Attestation | undefined> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const { rows } = await client.query<Attestation>(ATTESTATION, [id]);
    const [attestation] = rows;
    const isSettled = attestation?.credential_status === "signed" || attestation?.credential_status === "revoked";
    if (attestation?.status === "rejected" || isSettled) return attestation;
    if (performance.now() > until) return undefined;
    await sleep(LOOK_MILLISECONDS);
  }
}

/** All of it at once, so that nobody mends one thing to hear of the next. */
async function explainRejection(client: pg.Client, { id, violations, problem }: Attestation): Promise<number> {
  const { rows } = await explaining(client.query<{ name: string; sentence: string }>(BROKEN_RULES, [id]));
  const sentences = new Map(rows.map(({ name, sentence }) => [name, sentence]));
  for (const name of violations ?? []) {
    const { sentence, hint } = wordsOf(name);
    const because = name === "evidence_invalid" && problem !== null ? [problem] : [];
    console.log(`rejected: ${name}: ${[sentences.get(name) ?? sentence, ...because, hint].join(" ")}`);
  }
  return EXIT.failed;
}

async function deliver({ credential_id: id, document }: Attestation, { out }: AttestOptions): Promise<number> {
  if (document === null)
    throw new CommandError(`It is verified, but its credential ${id} was revoked before it was signed.`);
  console.error(`Verified: credential ${id}.`);
  if (out === undefined) {
    console.log(document);
    return EXIT.done;
  }
  await writeFile(out, document, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EEXIST" ? "it exists already" : error.code;
    throw new CommandError(
      `The credential cannot be written to ${out} (${why}); it is kept by the press all the same.`,
    );
  });
  console.error(`Wrote ${out}.`);
  return EXIT.done;
}
