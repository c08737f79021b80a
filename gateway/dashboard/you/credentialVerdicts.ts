/** What the SDK says of credentials, in the browser, from what the press publishes. */
import { type CredentialVerdict, verifyCredential } from "../../../verifier/credential.ts";
import { type DidDocument, readDidDocument } from "../../../verifier/didDocument.ts";
import { readStatusList, type StatusList } from "../../../verifier/statusList.ts";

export interface CredentialJudgement {
  readonly verdict: CredentialVerdict;
  /** Null: nothing that can be believed is there, so that nothing is said of revocation. */
  readonly list: StatusList | null;
}

/** Reads what the press serves at a path; null when it is not there. @throws when the press cannot be reached */
export type ReadText = (path: string) => Promise<string | null>;

/**
 * Judges credentials by the key that each names, and by its status list. Never throws over what they are.
 *
 * @param documents each to the byte
 * @returns the judgements, in the same order
 * @throws {Error} when the keys of the press cannot be read
 */
export async function judgeCredentials(
  documents: readonly string[],
  read: ReadText = readText,
): Promise<readonly CredentialJudgement[]> {
  const reading = readDidDocument((await read("/.well-known/did.json")) ?? "");
  if ("problem" in reading) throw new Error(`The document of the press's keys ${reading.problem}.`);
  const issuer = reading.document;
  const lists = new Map<string, Promise<StatusList | null>>();
  const listAt = (path: string) => {
    const list = lists.get(path) ?? readList(path, issuer, read);
    lists.set(path, list);
    return list;
  };
  return Promise.all(documents.map((document) => judgeCredential(document, issuer, listAt)));
}

async function judgeCredential(
  document: string,
  issuer: DidDocument,
  listAt: (path: string) => Promise<StatusList | null>,
): Promise<CredentialJudgement> {
  const signed = verifyCredential({ document, issuer });
  if (!signed.isValid) return { verdict: signed, list: null };
  // The page asks its own press alone; the SDK compares the whole URL.
  const { pathname } = new URL(signed.credential.credentialStatus.statusListCredential);
  const list = await listAt(pathname);
  return list === null
    ? { verdict: signed, list }
    : { verdict: verifyCredential({ document, issuer, statusList: list }), list };
}

async function readList(path: string, issuer: DidDocument, read: ReadText): Promise<StatusList | null> {
  const document = await read(path).catch(() => null);
  if (document === null) return null;
  const answer = await readStatusList({ document, issuer });
  return answer.isValid ? answer.statusList : null;
}

async function readText(path: string): Promise<string | null> {
  const response = await fetch(path, { cache: "no-cache" });
  return response.ok ? response.text() : null;
}
