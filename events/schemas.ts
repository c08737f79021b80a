/** What the `data` of each type of event looks like, as JSON Schema 2020-12: the leaves of the ledger, member by member. */

/** A schema without names of its own. */
type Schema = Readonly<Record<string, unknown>>;

type Members = Readonly<Record<string, Schema>>;

interface Description {
  readonly title: string;
  /** All but `at` and `type`, which every leaf has. None may be missing. */
  readonly members: Members;
  /** Where a leaf is one of several kinds: what members and values each has beyond that. None may be missing, nor those of another. */
  readonly kinds?: readonly Members[];
}

const UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** The largest integer of PostgreSQL, which caps and numbers are. */
const INTEGER_MAX = 2_147_483_647;
/** The largest place of a ledger, and round of a beacon, that JSON can say everywhere. */
const PLACE_MAX = Number.MAX_SAFE_INTEGER;

const EDITION = {
  type: "string",
  description: "The slug of the edition: words of a-z and 0-9, joined by single hyphens.",
  pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
  maxLength: 63,
};
const TICKET = {
  edition: EDITION,
  ticket_id: { ...uuid(), description: "The ticket." },
  ticket_number: { ...integer(1), description: "Its number in the edition, from 1 to the cap." },
};
const BY = {
  type: "string",
  description: "Who did it: holder or operator, and their opaque id; or the login of the database.",
  pattern: `^((holder|operator):${UUID}|login:[\\s\\S]{1,63})$`,
};
const KEY = {
  key_id: { ...hex(16), description: "The first 16 hexadecimal characters of SHA-256 of the public key's 32 bytes." },
  public_key: { ...hex(64), description: "The Ed25519 public key." },
  purpose: { enum: ["ticket", "checkpoint", "credential"], description: "What it signs." },
};
const HOLDER = { ...uuid(), description: "An opaque id of the person, which means nothing elsewhere." };
const CREDENTIAL = {
  credential_id: { ...uuid(), description: "The credential." },
  holder: HOLDER,
};
const CREDENTIAL_HASH = { ...hex(64), description: "SHA-256 of the signed credential, which its holder has." };

const REASON = { type: "string", minLength: 1, maxLength: 500 };
const ENTRIES_HASH = {
  ...hex(64),
  description: "SHA-256 of a line `<ticket_number> <envelope_hash>` for each ticket, by number.",
};
const CHAIN_HASH = { ...hex(64), description: "The name of drand's chain." };
const ROUND = { ...integer(1, PLACE_MAX), description: "The number of the round, from 1." };
const ROUND_SIGNATURE = { ...hex(96), description: "The beacon's BLS signature of the round." };

const ENTRIES = {
  entries_count: { ...integer(0), description: "How many tickets were drawn from." },
  entries_hash: ENTRIES_HASH,
};

/** What a draw was made of, by its mode. */
const DRAWN: Readonly<Record<"random_int" | "sealed" | "beacon", Members>> = {
  random_int: { mode: { const: "random_int" }, inputs: object(ENTRIES) },
  sealed: {
    mode: { const: "sealed" },
    inputs: object({ ...ENTRIES, secret: { ...hex(64), description: "What edition.opened committed to." } }),
  },
  beacon: {
    mode: { const: "beacon" },
    inputs: object({
      ...ENTRIES,
      checkpoint_at: { ...time(), description: "When the checkpoint was signed from which the delay counts." },
      round: ROUND,
      signature: ROUND_SIGNATURE,
      tree_size: { ...integer(1, PLACE_MAX), description: "The size of that checkpoint." },
    }),
  },
};
const WINNER = orNull({ ...integer(1), description: "The number of the winning ticket; null: nobody won." });

const DESCRIPTIONS: Readonly<Record<string, Description>> = {
  "edition.opened": {
    title: "An edition was opened. These are its terms, which do not change from here on.",
    members: {
      edition: EDITION,
      cap: { ...integer(1), description: "How many tickets there can ever be." },
      per_holder_limit: { ...integer(1), description: "How many of them one holder can have." },
      draw_mode: {
        enum: ["none", "random_int", "sealed", "beacon"],
        description: "How the winner is chosen, if there is one.",
      },
      opens_at: orNull({ ...time(), description: "Nothing is issued before; null: from the start." }),
      closes_at: orNull({ ...time(), description: "Nothing is issued after; null: until it is closed." }),
      rule_set_hash: orNull({ ...hex(64), description: "SHA-256 of the rules of who may have a ticket; null: none." }),
    },
    kinds: [
      { draw_mode: { enum: ["none", "random_int"] } },
      {
        draw_mode: { const: "sealed" },
        draw_commitment: { ...hex(64), description: "SHA-256 of the 32 bytes of the secret that decides the draw." },
      },
      {
        draw_mode: { const: "beacon" },
        closes_at: time(),
        beacon_chain_hash: CHAIN_HASH,
        beacon_genesis_at: { ...time(), description: "When its round 1 was due." },
        beacon_period_seconds: { ...integer(1), description: "The seconds from one round to the next." },
        beacon_public_key: { ...hex(192), description: "Its key: a point of BLS12-381 G2." },
        draw_delay_seconds: {
          ...integer(1, 604_800),
          description: "How long after the checkpoint over edition.closed the round is due, at least.",
        },
      },
    ],
  },
  "edition.closed": {
    title: "An edition was closed, and all of its tickets are in the ledger.",
    members: {
      edition: EDITION,
      issued_count: { ...integer(0), description: "How many tickets were issued." },
      entries_hash: ENTRIES_HASH,
    },
  },
  "edition.drawn": {
    title: "The winner of an edition was drawn, or its draw was given up.",
    members: {
      edition: EDITION,
      mode: { enum: Object.keys(DRAWN), description: "How the winner was chosen." },
      inputs: { type: "object", description: "What the winner follows from." },
      ticket_number: WINNER,
      reason: orNull({ ...REASON, description: "Why the draw was given up, without a winner; null: it was not." }),
    },
    kinds: [
      ...Object.values(DRAWN).map((members) => ({ ...members, reason: { type: "null" } })),
      { inputs: object(ENTRIES), ticket_number: { type: "null" }, reason: { type: "string" } },
    ],
  },
  "winner.replaced": {
    title: "The winner of an edition was disqualified, and another one drawn from the rest.",
    members: {
      edition: EDITION,
      attempt: { ...integer(2), description: "2 for the first replacement." },
      mode: { enum: Object.keys(DRAWN), description: "How the winner was chosen." },
      inputs: { type: "object", description: "What the winner follows from." },
      replaced_number: { ...integer(1), description: "The ticket that had won before." },
      ticket_number: WINNER,
      reason: { ...REASON, description: "The operator's reason." },
    },
    kinds: Object.values(DRAWN),
  },
  "beacon.archived": {
    title: "A round of a beacon was kept, for the draws that rest on it.",
    members: { chain_hash: CHAIN_HASH, round: ROUND, signature: ROUND_SIGNATURE },
  },
  "ticket.issued": {
    title: "A ticket was issued and signed.",
    members: {
      ...TICKET,
      holder: HOLDER,
      envelope_hash: { ...hex(64), description: "SHA-256 of the signed envelope, which its holder has." },
    },
  },
  "ticket.redeemed": { title: "A ticket was used up.", members: { ...TICKET, by: BY } },
  "ticket.revoked": {
    title: "A ticket was withdrawn.",
    members: {
      ...TICKET,
      by: BY,
      reason: orNull({
        ...REASON,
        description: "The operator's reason; null where it was given before there was a ledger.",
      }),
    },
  },
  "attestation.decided": {
    title: "Evidence about a person was held against the rules.",
    members: {
      attestation_id: { ...uuid(), description: "The attestation." },
      evidence_digest: {
        ...hex(64),
        description: "A keyed hash of the holder and the evidence, which only the press can make.",
      },
      holder: HOLDER,
      kind: { enum: ["oidc", "repository"], description: "What the attestation rests on." },
      rule_set_hash: { ...hex(64), description: "SHA-256 of the rules." },
      verdict: { enum: ["verified", "rejected"], description: "What was decided." },
      violations: {
        type: "array",
        items: { type: "string", pattern: "^[a-z]+(_[a-z]+)*$" },
        description: "Every reason to reject it, by name; none: it was verified.",
      },
    },
    kinds: [
      { verdict: { const: "verified" }, violations: { type: "array", maxItems: 0 } },
      { verdict: { const: "rejected" }, violations: { type: "array", minItems: 1 } },
    ],
  },
  "credential.issued": {
    title: "A credential was signed.",
    members: { ...CREDENTIAL, credential_hash: CREDENTIAL_HASH },
  },
  "credential.revoked": {
    title: "A credential was withdrawn.",
    members: {
      ...CREDENTIAL,
      credential_hash: orNull({
        ...CREDENTIAL_HASH,
        description: "SHA-256 of the signed credential; null where it was withdrawn before it was signed.",
      }),
    },
  },
  "publication.sent": {
    title: "A record of a client, or a checkpoint of the ledger, was taken by the nodes of the public chain.",
    members: {
      payload_hash: { ...hex(64), description: "SHA-256 of what was published, to the byte." },
      publication_id: { ...uuid(), description: "The publication." },
      txid: { ...hex(64), description: "The id of the chain's transaction that it stands in." },
    },
  },
  "key.activated": { title: "A key began to sign.", members: KEY },
  "key.retired": { title: "A key ceased to sign. What it signed stays valid, unless it is revoked.", members: KEY },
  "key.revoked": {
    title:
      "Somebody else has a key: its signature alone says nothing any more. Tickets that are in this ledger stay good.",
    members: { ...KEY, by: BY, reason: { ...REASON, description: "Why, for everybody." } },
  },
};

/** The types of the events there are: those of the leaves. */
export const eventTypes: readonly string[] = Object.keys(DESCRIPTIONS);

/**
 * The source of every event of a ledger: its name as a URI. What a URI cannot hold is percent-encoded.
 *
 * @param origin the name of the ledger, as its checkpoints have it
 */
export function sourceOf(origin: string): string {
  return `https://${encodeURI(origin)}`;
}

/** The `dataschema` of the events of a type. */
export function schemaUri(origin: string, type: string): string {
  return `${sourceOf(origin)}/schemas/${type}.json`;
}

/**
 * The schema of the `data` of a type of event. Its `$id` is what the events have as `dataschema`.
 *
 * @param origin the name of the ledger, as its checkpoints have it
 * @returns undefined when there is no such type
 */
export function eventSchema(origin: string, type: string): object | undefined {
  const description = Object.hasOwn(DESCRIPTIONS, type) ? DESCRIPTIONS[type] : undefined;
  if (description === undefined) return undefined;
  const { title, members, kinds } = description;
  const names = { $schema: "https://json-schema.org/draft/2020-12/schema", $id: schemaUri(origin, type), title };
  const { additionalProperties, ...whole } = object({
    at: { ...time(), description: "When it happened." },
    type: { const: type },
    ...members,
  });
  if (kinds === undefined) return { ...names, ...whole, additionalProperties };
  const oneOf = kinds.map((properties) => ({ properties, required: Object.keys(properties) }));
  // What is additional to the members that every kind has, a kind may have evaluated.
  return { ...names, ...whole, oneOf, unevaluatedProperties: false };
}

/** An object of exactly these members. */
function object(properties: Members): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

/** RFC 3339, UTC, milliseconds. */
function time(): Schema {
  return { type: "string", format: "date-time", pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$" };
}

function uuid(): Schema {
  return { type: "string", format: "uuid", pattern: `^${UUID}$` };
}

function hex(length: number): Schema {
  return { type: "string", pattern: `^[0-9a-f]{${length}}$` };
}

function integer(minimum: number, maximum = INTEGER_MAX): Schema {
  return { type: "integer", minimum, maximum };
}

function orNull({ description, ...schema }: Schema): Schema {
  return { description, anyOf: [schema, { type: "null" }] };
}
