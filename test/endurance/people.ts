/* People who prove who they are, and clients who publish what they have signed. */
import { setTimeout as sleep } from "node:timers/promises";
import canonicalize from "canonicalize";
import { Client } from "../chain/client.ts";
import { BEGIN, CREDENTIAL, PUBLICATION, RECORD, SUBMIT } from "./documents.ts";
import { type Answer, OPERATOR } from "./doors.ts";
import { granted, untilSo } from "./requests.ts";
import type { Tools } from "./tickets.ts";

const PUBLISHERS = 4;

export class People {
  readonly #tools: Tools;
  readonly #publishers: { readonly client: Client; readonly subject: string }[] = [];
  #people = 0;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Registers the keys of those who publish, as soon as the ledger has its name. */
  async prepare(): Promise<void> {
    const operator = this.#tools.press.database.pool("operator");
    for (let index = 1; index <= PUBLISHERS; index += 1) {
      const client = new Client();
      const subject = `publisher ${index}`;
      const isRegistered = () =>
        client.register(operator, subject).then(
          () => true,
          () => false,
        );
      while (!(await isRegistered())) await sleep(50);
      this.#publishers.push({ client, subject });
    }
  }

  /** Submits an ID token for somebody new; the attestation, or undefined where it was not taken. */
  async attest(): Promise<string | undefined> {
    const { press, doors, requests } = this.#tools;
    const number = ++this.#people;
    const recipient = `person ${number}`;
    const begin = () =>
      doors.graphql<{ challenge: { nonce: string } }>(this.#gateway(), OPERATOR, BEGIN, { recipient });
    const begun = await untilSo(
      async () => granted(await begin()),
      () => requests.isStopping,
    );
    if (begun === undefined) return undefined;
    const evidence = await press.provider.sign({ sub: `account ${number}`, nonce: begun.challenge.nonce });
    const operation = requests.make("attest", "GraphQL", { holder: recipient });
    const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    const variables = { evidence, recipient, key: operation.key, address };
    const ask = () => doors.graphql<{ attestation: { rowId: string } }>(this.#gateway(), OPERATOR, SUBMIT, variables);
    const answer = await requests.perform(operation, {
      ask,
      effectOf: ({ attestation }) => attestation.rowId,
      // Sending it again is what the key is for: it is taken, or was.
      find: async () => granted(await ask())?.attestation.rowId,
    });
    if (answer.is !== "granted") return undefined;
    await requests.replay(operation, {
      first: JSON.stringify(answer.data),
      ask,
      textOf: (data) => JSON.stringify(data),
    });
    return answer.data.attestation.rowId;
  }

  /** Whether an attestation has its signed credential. */
  async hasCredential(id: string): Promise<boolean> {
    const { doors } = this.#tools;
    type Found = { readonly document: string | null } | null;
    return (
      (granted(await doors.graphql<Found>(this.#gateway(), OPERATOR, CREDENTIAL, { id }))?.document ?? null) !== null
    );
  }

  /** Submits a record, over GraphQL or plain HTTP; the publication, or undefined where it was not taken. */
  async publish(): Promise<string | undefined> {
    const { dice, requests } = this.#tools;
    const { client, subject } = dice.pick(this.#publishers);
    const record = client.record({ text: "What a client says." });
    const { nonce, expires_at } = JSON.parse(record.payload) as { nonce: string; expires_at: string };
    const way = dice.pick(["GraphQL", "HTTP"] as const);
    const operation = requests.make("record", way, { key: nonce, holder: subject });
    const send = (payload: string, signature: string) =>
      way === "HTTP"
        ? this.#sendOverHttp(subject, payload, signature, client.publicKey)
        : this.#sendOverGraphQL(subject, payload, signature, client.publicKey);
    const ask = () => send(record.payload, record.signature);
    const answer = await requests.perform<string>(operation, {
      ask,
      effectOf: (id) => id,
      find: async () => granted(await ask()),
    });
    if (answer.is !== "granted") return undefined;
    const changed = canonicalize({ nonce, expires_at, text: "Something else." }) ?? "";
    await requests.replay(operation, {
      first: answer.data,
      ask,
      textOf: (id) => id,
      changed: () => send(changed, client.sign(changed)),
    });
    return answer.data;
  }

  /** Whether a publication is with the nodes of the chain. */
  async isSent(id: string): Promise<boolean> {
    const { doors } = this.#tools;
    type Found = { readonly state: string } | null;
    return granted(await doors.graphql<Found>(this.#gateway(), OPERATOR, PUBLICATION, { id }))?.state === "sent";
  }

  async #sendOverHttp(subject: string, payload: string, signature: string, pubkey: string): Promise<Answer<string>> {
    const submission = { signed_payload: payload, signature, pubkey };
    const caller = { subject, isOperator: false };
    const answer = await this.#tools.doors.publish<{ job_id: string }>(this.#gateway(), caller, submission);
    return answer.is === "granted" ? { ...answer, data: answer.data.job_id } : answer;
  }

  async #sendOverGraphQL(subject: string, payload: string, signature: string, key: string): Promise<Answer<string>> {
    type Taken = { readonly publication: { readonly rowId: string } };
    const variables = { payload, signature, key };
    const caller = { subject, isOperator: false };
    const answer = await this.#tools.doors.graphql<Taken>(this.#gateway(), caller, RECORD, variables);
    return answer.is === "granted" ? { ...answer, data: answer.data.publication.rowId } : answer;
  }

  #gateway(): number {
    return this.#tools.dice.integer(this.#tools.doors.gatewayCount);
  }
}
