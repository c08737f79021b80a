/* What /you says of credentials: what the SDK says, by the keys and the lists that the press serves. */
import { describe, expect, it } from "vitest";
import { judgeCredentials } from "../../gateway/dashboard/you/credentialVerdicts.ts";
import { didDocument } from "../../verifier/index.ts";
import { issuer, stranger } from "../verifier/cases.ts";
import { DID, issueCredential, issueStatusList, PLACE } from "../verifier/credentialIssuer.ts";

const [DAY, now] = [86_400_000, Date.now()];
const time = (days: number) => new Date(now + days * DAY).toISOString();
const period = { validFrom: time(-0.5), validUntil: time(0.5) };
const credential = issueCredential(issuer, period);
const KEYS = "/.well-known/did.json";
const LIST = "/credentials/status/1";
const keys = didDocument(DID, [{ publicKey: issuer.publicKey }]);

/** A press that serves this and nothing else, and remembers what it was asked. */
function serve(served: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    return served[path] ?? null;
  };
  return { asked, read };
}

async function verdictsOf(documents: readonly string[], served: Readonly<Record<string, string>>) {
  const judgements = await judgeCredentials(documents, serve(served).read);
  return judgements.map(({ verdict }) => (verdict.isValid ? verdict.verdict : verdict.reason));
}

describe("a credential", () => {
  it("is not revoked, or is, by its list", async () => {
    const list = (places: readonly number[]) => issueStatusList(issuer, places, period);
    expect(await verdictsOf([credential], { [KEYS]: keys, [LIST]: list([PLACE + 1]) })).toEqual(["unrevoked"]);
    expect(await verdictsOf([credential], { [KEYS]: keys, [LIST]: list([PLACE]) })).toEqual(["REVOKED"]);
  });

  it("is signed and no more where its list is not there, or is nobody's or too old", async () => {
    const old = { validFrom: time(-2), validUntil: time(-1) };
    for (const list of [issueStatusList(stranger, [], period), issueStatusList(issuer, [PLACE], old), "", "{}"]) {
      expect(await verdictsOf([credential], { [KEYS]: keys, [LIST]: list })).toEqual(["signed"]);
    }
    const [judgement] = await judgeCredentials([credential], serve({ [KEYS]: keys }).read);
    expect(judgement).toMatchObject({ verdict: { verdict: "signed" }, list: null });
  });

  it("is refused by name where the press did not sign it, and no list is asked for", async () => {
    const forged = credential.replace('"trustLevel":2', '"trustLevel":9');
    const { asked, read } = serve({ [KEYS]: keys });
    const judgements = await judgeCredentials([forged, issueCredential(stranger, period), ""], read);
    expect(judgements.map(({ verdict }) => !verdict.isValid && verdict.reason)).toEqual([
      "SIGNATURE_INVALID",
      "UNKNOWN_KEY",
      "NOT_CANONICAL",
    ]);
    expect(asked).toEqual([KEYS]);
  });
});

describe("several credentials", () => {
  it("are judged in their order, by keys and lists that are read once", async () => {
    const { asked, read } = serve({ [KEYS]: keys, [LIST]: issueStatusList(issuer, [PLACE], period) });
    const judgements = await judgeCredentials([credential, issueCredential(stranger, period), credential], read);
    expect(judgements.map(({ verdict }) => !verdict.isValid && verdict.reason)).toEqual([
      "REVOKED",
      "UNKNOWN_KEY",
      "REVOKED",
    ]);
    expect(asked).toEqual([KEYS, LIST]);
  });

  it("are not judged without keys, or by those of nobody", async () => {
    for (const served of [{}, { [KEYS]: "<html>" }] as Readonly<Record<string, string>>[]) {
      await expect(judgeCredentials([credential], serve(served).read)).rejects.toThrow(
        "The document of the press's keys",
      );
    }
  });
});
