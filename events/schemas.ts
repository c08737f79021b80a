/** What the `data` of each type of event looks like, as JSON Schema 2020-12: the leaves of the ledger, member by member. */

/** A schema without names of its own. */
type Schema = Readonly<Record<string, unknown>>;

interface Description {
  readonly title: string;
  /** All but `at` and `type`, which every leaf has. None may be missing. */
  readonly members: Readonly<Record<string, Schema>>;
}

const UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** The largest integer of PostgreSQL, which caps and numbers are. */
const INTEGER_MAX = 2_147_483_647;

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
  purpose: { enum: ["ticket", "checkpoint"], description: "What it signs." },
};

const DESCRIPTIONS: Readonly<Record<string, Description>> = {
  "edition.opened": {
    title: "An edition was opened. These are its terms, which do not change from here on.",
    members: {
      edition: EDITION,
      cap: { ...integer(1), description: "How many tickets there can ever be." },
      per_holder_limit: { ...integer(1), description: "How many of them one holder can have." },
      draw_mode: { enum: ["none", "random_int"], description: "How the winner is chosen, if there is one." },
      opens_at: orNull({ ...time(), description: "Nothing is issued before; null: from the start." }),
      closes_at: orNull({ ...time(), description: "Nothing is issued after; null: until it is closed." }),
      rule_set_hash: orNull({ ...hex(64), description: "SHA-256 of the rules of who may have a ticket; null: none." }),
    },
  },
  "edition.closed": {
    title: "An edition was closed, and all of its tickets are in the ledger.",
    members: {
      edition: EDITION,
      issued_count: { ...integer(0), description: "How many tickets were issued." },
      entries_hash: {
        ...hex(64),
        description: "SHA-256 of a line `<ticket_number> <envelope_hash>` for each ticket, by number.",
      },
    },
  },
  "ticket.issued": {
    title: "A ticket was issued and signed.",
    members: {
      ...TICKET,
      holder: { ...uuid(), description: "An opaque id of the person, which means nothing elsewhere." },
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
        type: "string",
        description: "The operator's reason; null where it was given before there was a ledger.",
        minLength: 1,
        maxLength: 500,
      }),
    },
  },
  "key.activated": { title: "A key began to sign.", members: KEY },
  "key.retired": { title: "A key ceased to sign. What it signed stays valid.", members: KEY },
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
  const properties: Schema = {
    at: { ...time(), description: "When it happened." },
    type: { const: type },
    ...description.members,
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaUri(origin, type),
    title: description.title,
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
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

function integer(minimum: number): Schema {
  return { type: "integer", minimum, maximum: INTEGER_MAX };
}

function orNull({ description, ...schema }: Schema): Schema {
  return { description, anyOf: [schema, { type: "null" }] };
}
