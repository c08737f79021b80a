/**
 * The routes beside GraphQL: is it alive, is it ready, under which keys are tickets and credentials signed, and where is what.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Pool } from "pg";
import { didDocument } from "../verifier/index.ts";
import { withRole } from "./database.ts";
import { publicHeaders } from "./headers.ts";
import { kept } from "./kept.ts";
import { paths } from "./preset.ts";

interface SigningKey {
  readonly key_id: string;
  /** 64 hex characters. */
  readonly public_key: string;
  readonly purpose: "ticket" | "credential";
  readonly activated_at: Date;
  readonly retired_at: Date | null;
  /** Since when it is known that somebody else has it. */
  readonly revoked_at: Date | null;
  readonly revocation_reason: string | null;
}

/** How long others may keep the list of keys, retired ones included; a key is published before it signs. */
const KEYS_CACHE_CONTROL = "public, max-age=60";

/** How long this process keeps what it read; the connections that read it are those that wait for envelopes. */
const KEPT_MILLISECONDS = 1_000;

/** What these routes tell of the press. */
interface Press {
  readonly keys: readonly SigningKey[];
  /** Null while it runs. */
  readonly stopReason: string | null;
  /** What was the primary's may have become a standby's, with the gateway connected to it. */
  readonly isReadOnly: boolean;
}

/** @param did names the press as an issuer of credentials; asked when it is needed, because the port may be any free one */
export function addRoutes(app: FastifyInstance, pool: Pool, did: () => string): void {
  const pressNow = kept(() => readPress(pool), KEPT_MILLISECONDS);

  app.get("/healthz", async () => ({ status: "alive" }));

  app.get("/readyz", async (request, reply) => {
    try {
      const { stopReason, isReadOnly } = await pressNow();
      if (isReadOnly) return notReady(reply, "The database takes no writes: it is a standby, or read-only.");
      // A press that was stopped still shows and verifies everything.
      return { status: "ready", ...(stopReason === null ? null : { stopReason }) };
    } catch (error) {
      request.log.warn({ err: error }, "not ready");
      return notReady(reply, "The database does not answer, or has no press in it.");
    }
  });

  app.get("/.well-known/jwks.json", async (_request, reply) => {
    const { keys } = await pressNow();
    return reply
      .headers(publicHeaders(KEYS_CACHE_CONTROL))
      .type("application/jwk-set+json")
      .send(JSON.stringify({ keys: keys.filter(isTrusted).map(jwkOf) }));
  });

  app.get("/.well-known/did.json", async (_request, reply) => {
    const { keys } = await pressNow();
    const ofCredentials = keys.filter((key) => key.purpose === "credential" && isTrusted(key));
    const issuerKeys = ofCredentials.map(({ public_key, retired_at }) => ({
      publicKey: Buffer.from(public_key, "hex"),
      revoked: retired_at?.toISOString(),
    }));
    return reply
      .headers(publicHeaders(KEYS_CACHE_CONTROL))
      .type("application/did+json")
      .send(didDocument(did(), issuerKeys));
  });

  app.get("/keys", async (request, reply) => {
    const ofTickets = (await pressNow()).keys.filter(({ purpose }) => purpose === "ticket");
    const keys = ofTickets.map(({ purpose: _, ...key }) => key);
    reply.headers({ ...publicHeaders(KEYS_CACHE_CONTROL), vary: "accept" });
    if (request.headers.accept?.includes("application/json")) return keys;
    const trusted = ofTickets.filter(isTrusted).map(({ public_key }) => `${public_key}\n`);
    return reply.type("text/plain; charset=utf-8").send(trusted.join(""));
  });
}

function notReady(reply: FastifyReply, reason: string): FastifyReply {
  return reply.code(503).send({ status: "not ready", reason });
}

async function readPress(pool: Pool): Promise<Press> {
  return withRole(pool, "press_anonymous", async (client) => {
    // Those in use first, the newest of them first.
    const keys = await client.query<SigningKey>(
      `select key_id, public_key, purpose, activated_at, retired_at, revoked_at, revocation_reason from press.signing_keys where purpose in ('ticket', 'credential')
       order by retired_at desc nulls first, activated_at desc, key_id`,
    );
    const state = await client.query<{ reason: string | null; is_read_only: boolean }>(
      "select press.press_stop_reason() as reason, current_setting('transaction_read_only') = 'on' as is_read_only",
    );
    const { reason = null, is_read_only: isReadOnly = true } = state.rows[0] ?? {};
    return { keys: keys.rows, stopReason: reason, isReadOnly };
  });
}

/** A key that somebody else has is not given to those who would believe its signature alone: they have no word for it. */
function isTrusted({ revoked_at }: SigningKey): boolean {
  return revoked_at === null;
}

/** RFC 8037; `alg` as RFC 9864 names it. */
function jwkOf({ key_id, public_key }: SigningKey): Record<string, string> {
  const x = Buffer.from(public_key, "hex").toString("base64url");
  return { kty: "OKP", crv: "Ed25519", x, kid: key_id, use: "sig", alg: "Ed25519" };
}

/** Where is what, for those who do not ask for a page. */
export function welcome(graphiql: boolean): string {
  const places = [
    ["GET / (text/html)", "the dashboard, for browsers"],
    [`POST ${paths.graphql}`, "GraphQL; a WebSocket at the same place speaks graphql-transport-ws"],
    ...(graphiql ? [[`GET ${paths.graphiql}`, "the GraphQL explorer"]] : []),
    ["POST /v1/publish", "a signed record, for the public chain; GET /v1/publish/ID says how it stands"],
    ["GET /keys", "the public keys of the tickets: hex, one a line; JSON for Accept: application/json"],
    ["GET /.well-known/jwks.json", "the same, and the keys of the credentials, as a JWK Set"],
    ["GET /.well-known/did.json", "the keys of the credentials as a DID document (did:web)"],
    ["GET /credentials/status/N", "which credentials were revoked, signed (W3C Bitstring Status List)"],
    ["GET /ledger/checkpoint", "the ledger (C2SP tlog-tiles): how it stands, signed; /ledger/vkey is its key"],
    ["GET /ledger/tile/…", "its hashes and entries"],
    ["GET /ledger/proof/PLACE", "that an entry is in it (C2SP tlog-proof)"],
    [
      "GET /events?after=PLACE",
      "its entries as they come (server-sent events); /ledger/schemas/TYPE.json says what is in them",
    ],
    ["GET /metrics", "numbers for Prometheus"],
    ["GET /healthz", "alive"],
    ["GET /readyz", "ready to serve"],
  ];
  const lines = places.map(([place = "", what]) => `${place.padEnd(28)} ${what}`);
  return ["Golden Press issues things that must never be over-issued.", "", ...lines, ""].join("\n");
}
