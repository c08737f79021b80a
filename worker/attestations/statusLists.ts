/** Publishes which credentials were revoked: W3C Bitstring Status Lists, each a signed credential that is valid for a day. */
import { gzipSync } from "node:zlib";
import type { Queryable } from "../guardedPool.ts";
import { retried } from "../retried.ts";
import type { CredentialsOptions } from "./credentials.ts";
import { CONTEXT, secure } from "./dataIntegrity.ts";

/** After which step the observer is called: the points at which a crash test kills the worker. */
export type StatusListStep = "statusListSigned" | "statusListPublished";

/** What is needed to publish status lists. */
export interface StatusListsOptions extends Pick<CredentialsOptions, "db" | "key" | "issuer" | "log"> {
  readonly observe?: ((step: StatusListStep) => unknown) | undefined;
}

interface ListToMake {
  readonly list: number;
  readonly revoked_indices: readonly number[];
}

/** As many places as W3C demands at least, so that nobody who fetches a list tells whom it is about. */
export const PLACES = 131_072;
const VALID_MILLISECONDS = 86_400_000;

/**
 * Makes the lists that are due: the first of a press, those with a new revocation, and those that have been there for half of their time. One
 * that cannot be made keeps no other one from being made.
 *
 * @throws what the first of them has failed with, when all have been tried
 */
export async function publishStatusLists(options: StatusListsOptions): Promise<void> {
  const failures: unknown[] = [];
  for (const { list, revoked_indices: revoked } of await listsToMake(options.db)) {
    try {
      const document = makeStatusList(list, revoked, options);
      await options.observe?.("statusListSigned");
      const isPublished = await publish(options, list, revoked.length, document);
      if (isPublished) options.log.info({ list, revoked: revoked.length }, "Published a status list of credentials.");
      await options.observe?.("statusListPublished");
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Signs a list.
 *
 * @param revoked the places of what was revoked, from 0
 * @returns canonical JSON
 */
export function makeStatusList(
  list: number,
  revoked: readonly number[],
  { issuer, key }: Pick<StatusListsOptions, "issuer" | "key">,
): string {
  const url = `${issuer.baseUrl}/credentials/status/${list}`;
  const now = Date.now();
  const document = {
    "@context": CONTEXT,
    credentialSubject: {
      encodedList: `u${gzipSync(bitsOf(revoked)).toString("base64url")}`,
      id: `${url}#list`,
      statusPurpose: "revocation",
      type: "BitstringStatusList",
    },
    id: url,
    issuer: issuer.did,
    type: ["VerifiableCredential", "BitstringStatusListCredential"],
    validFrom: new Date(now).toISOString(),
    validUntil: new Date(now + VALID_MILLISECONDS).toISOString(),
  };
  return secure(document, { did: issuer.did, key });
}

/** Place 0 is the left-most bit of the first byte. */
function bitsOf(places: readonly number[]): Buffer {
  const bits = Buffer.alloc(PLACES / 8);
  for (const place of places) {
    const index = Math.floor(place / 8);
    bits.writeUInt8(bits.readUInt8(index) | (0x80 >> (place % 8)), index);
  }
  return bits;
}

async function listsToMake(db: Queryable): Promise<ListToMake[]> {
  const { rows } = await db.query<{ list: number; revoked_indices: number[] }>({
    name: "status_lists_to_make",
    text: "select list, revoked_indices from press_worker.status_lists_to_make()",
  });
  return rows;
}

/** False: another worker has published one in which more is revoked. */
async function publish(
  { db, key }: StatusListsOptions,
  list: number,
  revokedCount: number,
  document: string,
): Promise<boolean> {
  const { rows } = await retried(() =>
    db.query<{ is_published: boolean }>({
      name: "publish_status_list",
      text: "select press_worker.publish_status_list($1, $2, $3, $4) as is_published",
      values: [key.keyId, list, revokedCount, document],
    }),
  );
  return rows[0]?.is_published ?? false;
}
