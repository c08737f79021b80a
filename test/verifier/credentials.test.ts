import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type CredentialVerdict,
  didDocument,
  formatMultikey,
  readCredential,
  readDidDocument,
  readStatusList,
  type StatusList,
  verifyCredential,
} from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { issuer, stranger } from "./cases.ts";
import {
  badCredentials,
  badLists,
  bomb,
  credential,
  goodCredentials,
  goodLists,
  questionOf,
  statusList,
} from "./credentialCases.ts";
import { AT, DID, issueCredential, issueStatusList, LIST, PLACE, sampleMembers } from "./credentialIssuer.ts";
import { mixedOrderKey } from "./curve.ts";
import { damage } from "./damage.ts";

const A_SENTENCE = expect.stringMatching(/^\w.{20,}\.$/);
const refused = (reason: string) => ({ isValid: false, reason, message: A_SENTENCE });

async function read(document: string, at = AT): Promise<StatusList> {
  const answer = await readStatusList(questionOf({ document, at }));
  return answer.isValid ? answer.statusList : expect.unreachable(answer.message);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("verifyCredential", () => {
  it.each(Object.entries(goodCredentials))("answers signed, with the members, for %s", (_, dated) => {
    const answer = { isValid: true, verdict: "signed", credential: JSON.parse(dated.document) };
    expect(verifyCredential(questionOf(dated))).toEqual(answer);
    const publicKey = formatMultikey(issuer.publicKey);
    expect(verifyCredential({ ...questionOf(dated), publicKey })).toEqual(answer);
  });

  describe.each(Object.entries(badCredentials))("answers %s", (reason, cases) => {
    it.each(Object.entries(cases))("for %s", (_, dated) => {
      expect(verifyCredential(questionOf(dated))).toEqual(refused(reason));
    });
  });

  it("asks about this moment unless it is told another", () => {
    const [hour, now] = [3_600_000, Date.now()];
    const issue = (from: number, until: number) =>
      issueCredential(issuer, {
        validFrom: new Date(now + from).toISOString(),
        validUntil: new Date(now + until).toISOString(),
      });
    const ask = (document: string) => verifyCredential({ document, publicKey: issuer.publicKeyHex });
    expect(ask(issue(-hour, hour))).toMatchObject({ isValid: true });
    expect(ask(issue(hour, 2 * hour))).toMatchObject({ reason: "NOT_YET_VALID" });
    expect(ask(issue(-2 * hour, -hour))).toMatchObject({ reason: "EXPIRED" });
  });

  it("answers INVALID_INPUT for what is no question, and throws for nothing", () => {
    for (const question of [undefined, null, 0, "text", [], {}, Symbol("x")]) {
      expect(verifyCredential(question as never)).toMatchObject({ reason: "INVALID_INPUT" });
    }
    const question = questionOf({ document: credential });
    const hostile = new Proxy({}, { get: () => expect.unreachable("it looked inside") });
    for (const wrong of [null, 0, 1n, true, Symbol("x"), {}, [], hostile, new Date(), Buffer.from("x")]) {
      for (const name of ["document", "publicKey", "at", "statusList"]) {
        expect(verifyCredential({ ...question, [name]: wrong }), name).toEqual(refused("INVALID_INPUT"));
      }
    }
  });

  it.each<[string, unknown]>([
    ["an empty text", ""],
    ["upper-case letters", issuer.publicKeyHex.toUpperCase()],
    ["a key of mixed order", mixedOrderKey()],
    ["the Multikey of another kind of key", "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"],
    ["a Multikey without its z", formatMultikey(issuer.publicKey).slice(1)],
    ["a Multikey with a letter more", `${formatMultikey(issuer.publicKey)}1`],
    ["the Multikey of no point", formatMultikey(new Uint8Array(32))],
  ])("answers INVALID_INPUT for a key that is none: %s", (_, publicKey) => {
    const answer = verifyCredential({ ...questionOf({ document: credential }), publicKey: publicKey as string });
    expect(answer).toMatchObject(refused("INVALID_INPUT"));
    expect((answer as { message: string }).message).toContain("key");
  });

  it("names the rule that a credential breaks", () => {
    const messageOf = (document: string) => (verifyCredential(questionOf({ document })) as { message: string }).message;
    expect(messageOf(issueCredential(issuer, { issuer: undefined }))).toContain('lacks the member "issuer"');
    expect(messageOf(issueCredential(issuer, { name: "x" }))).toContain("a member that does not belong there");
    expect(messageOf(`${credential} `)).toContain("is not written as canonical JSON");
    expect(messageOf(issueCredential(stranger))).toContain(`${DID}#${stranger.keyId} and you gave ${issuer.keyId}`);
  });
});

describe("by the document of an issuer's DID", () => {
  const issuerOf = (text: string) => {
    const reading = readDidDocument(text);
    return "document" in reading ? reading.document : expect.unreachable(reading.problem);
  };
  const press = issuerOf(didDocument(DID, [{ publicKey: issuer.publicKey }]));
  const ask = (document: string, by = press) => verifyCredential({ document, issuer: by, at: AT });
  const read = (document: string, by = press) => readStatusList({ document, issuer: by, at: AT });

  it("takes the key that a document names", async () => {
    const both = issuerOf(
      didDocument(
        DID,
        [stranger, issuer].map(({ publicKey }) => ({ publicKey })),
      ),
    );
    for (const by of [press, both]) {
      expect(ask(credential, by)).toMatchObject({ isValid: true, verdict: "signed" });
      expect(await read(statusList, by)).toMatchObject({ isValid: true, verdict: "published" });
    }
    expect(ask(issueCredential(stranger), both)).toMatchObject({ isValid: true });
    const list = await read(issueStatusList(issuer, [PLACE]));
    const revoked = list.isValid ? list.statusList : expect.unreachable(list.message);
    expect(verifyCredential({ document: credential, issuer: press, at: AT, statusList: revoked })).toEqual(
      refused("REVOKED"),
    );
  });

  it("answers UNKNOWN_KEY for another issuer, also where it has the key, and for a key that the issuer has not", async () => {
    const other = "did:web:other.example";
    const evil = issuerOf(didDocument(other, [{ publicKey: issuer.publicKey }]));
    expect(ask(credential, evil)).toEqual(refused("UNKNOWN_KEY"));
    expect(await read(statusList, evil)).toEqual(refused("UNKNOWN_KEY"));
    expect(ask(issueCredential(stranger))).toEqual(refused("UNKNOWN_KEY"));
    expect(await read(issueStatusList(stranger, []))).toEqual(refused("UNKNOWN_KEY"));
    expect(ask(credential, issuerOf(didDocument(DID, [])))).toEqual(refused("UNKNOWN_KEY"));
    const elsewhere = issueCredential(issuer, { issuer: other }, { verificationMethod: `${other}#${issuer.keyId}` });
    expect(ask(elsewhere)).toEqual(refused("UNKNOWN_KEY"));
    expect(ask(elsewhere, evil)).toMatchObject({ isValid: true });
  });

  it("answers SIGNATURE_INVALID for what its key did not sign", () => {
    expect(ask(credential.replace('"trustLevel":2', '"trustLevel":3'))).toEqual(refused("SIGNATURE_INVALID"));
  });

  it("answers KEY_RETIRED for what was signed, or is valid, only after that", async () => {
    const retired = (revoked: string) => issuerOf(didDocument(DID, [{ publicKey: issuer.publicKey, revoked }]));
    const signedAt = "2026-11-21T15:09:27.001Z";
    for (const revoked of ["2099-01-01T00:00:00Z", signedAt, "2026-11-21T15:08:27.001Z"]) {
      expect(ask(credential, retired(revoked)), revoked).toMatchObject({ isValid: true });
    }
    for (const revoked of ["2026-11-21T15:08:27.000Z", "2026-11-21T15:08:27Z", "1999-01-01T00:00:00.000Z"]) {
      expect(ask(credential, retired(revoked)), revoked).toEqual(refused("KEY_RETIRED"));
    }
    // Dated back in its proof alone.
    expect(await read(statusList, retired(signedAt))).toEqual(refused("KEY_RETIRED"));
    expect(await read(statusList, retired("2026-12-24T12:00:00.000Z"))).toMatchObject({ isValid: true });
    const forged = credential.replace('"trustLevel":2', '"trustLevel":3');
    expect(ask(forged, retired("1999-01-01T00:00:00.000Z"))).toEqual(refused("SIGNATURE_INVALID"));
  });

  it("answers INVALID_INPUT for an issuer that was not read, and for two answers to one question", async () => {
    const hostile = new Proxy({}, { get: () => expect.unreachable("it looked inside") });
    const alike = { did: DID, keys: press.keys };
    for (const wrong of [null, 0, "", DID, {}, [], hostile, alike, Symbol("x")]) {
      const question = { document: credential, issuer: wrong as never, at: AT };
      expect(verifyCredential(question)).toEqual(refused("INVALID_INPUT"));
      expect(await readStatusList(question)).toEqual(refused("INVALID_INPUT"));
    }
    const both = { document: credential, issuer: press, publicKey: issuer.publicKeyHex, at: AT };
    expect(verifyCredential(both as never)).toEqual(refused("INVALID_INPUT"));
  });
});

describe("readCredential", () => {
  it("reads what it does not verify", () => {
    expect(readCredential(issueCredential(stranger))).toMatchObject({ credential: sampleMembers });
  });
});

describe("readStatusList", () => {
  it.each(Object.entries(goodLists))("answers published for %s", async (_, dated) => {
    expect(await readStatusList(questionOf(dated))).toMatchObject({
      isValid: true,
      verdict: "published",
      statusList: { id: LIST, issuer: DID, validFrom: "2026-12-24T12:00:00.000Z" },
    });
  });

  describe.each(Object.entries(badLists))("answers %s", (reason, cases) => {
    it.each(Object.entries(cases))("for %s", async (_, dated) => {
      expect(await readStatusList(questionOf(dated))).toEqual(refused(reason));
    });
  });

  it("answers INVALID_INPUT for what is no question, and never rejects", async () => {
    for (const question of [undefined, null, 0, "text", [], {}, Symbol("x")]) {
      expect(await readStatusList(question as never)).toMatchObject({ reason: "INVALID_INPUT" });
    }
  });

  it("counts places from the left-most bit, and knows no place beyond its end", async () => {
    const list = await read(statusList);
    expect(list.placeCount).toBe(131_072);
    const revoked = Array.from({ length: list.placeCount }, (_, place) => place).filter((place) =>
      list.isRevoked(place),
    );
    expect(revoked).toEqual([0, 7, 8, PLACE - 1, PLACE + 1, 131_071]);
    for (const place of [-1, 131_072, 0.5, Number.NaN, "0", undefined]) {
      expect(list.isRevoked(place as number)).toBeUndefined();
    }
  });

  it("is fresh until it ends, or its time to live is over, whichever comes first", async () => {
    const withTtl = (ttl: number) => read(issueStatusList(issuer, [], {}, { ttl }));
    expect((await read(statusList)).freshUntil).toBe("2026-12-25T12:00:00.000Z");
    expect((await withTtl(300_000)).freshUntil).toBe("2026-12-24T18:05:00.000Z");
    expect((await withTtl(Number.MAX_SAFE_INTEGER)).freshUntil).toBe("2026-12-25T12:00:00.000Z");
  });

  it("unpacks of a bomb no more than a list may have, and the next piece", async () => {
    const Real = globalThis.DecompressionStream;
    let unpacked = 0;
    class Counting {
      readonly readable: ReadableStream;
      readonly writable: WritableStream;
      constructor(format: "gzip") {
        const real = new Real(format);
        this.writable = real.writable;
        const count = (chunk: Uint8Array, controller: TransformStreamDefaultController) => {
          unpacked += chunk.length;
          controller.enqueue(chunk);
        };
        this.readable = real.readable.pipeThrough(new TransformStream({ transform: count }));
      }
    }
    vi.stubGlobal("DecompressionStream", Counting);
    const document = issueStatusList(issuer, [], {}, { encodedList: bomb });
    expect(await readStatusList(questionOf({ document }))).toEqual(refused("NOT_CANONICAL"));
    expect(unpacked).toBeGreaterThan(131_072);
    expect(unpacked).toBeLessThan(2_000_000);
  });

  it("says so where nothing can be unpacked", async () => {
    vi.stubGlobal("DecompressionStream", undefined);
    expect(await readStatusList(questionOf({ document: statusList }))).toMatchObject({
      reason: "INVALID_INPUT",
      message: expect.stringContaining("There is no DecompressionStream"),
    });
  });
});

describe("verifyCredential, with a status list", () => {
  const ask = async (list: string, at = AT, document = credential): Promise<CredentialVerdict> =>
    verifyCredential({ ...questionOf({ document, at }), statusList: await read(list) });
  const unknown = (problem: string) => ({ ...refused("STATUS_UNKNOWN"), message: expect.stringContaining(problem) });

  it("answers unrevoked, or REVOKED, by its own place alone", async () => {
    expect(await ask(statusList)).toMatchObject({ isValid: true, verdict: "unrevoked", credential: sampleMembers });
    expect(await ask(issueStatusList(issuer, [PLACE]))).toEqual(refused("REVOKED"));
    const others = Array.from({ length: 131_072 }, (_, place) => place).filter((place) => place !== PLACE);
    expect(await ask(issueStatusList(issuer, others))).toMatchObject({ verdict: "unrevoked" });
  });

  it("finds every place", async () => {
    for (const place of [0, 1, 7, 8, 65_535, 131_071, ...Array.from({ length: 20 }, () => random.integer(131_072))]) {
      const statusEntry = { ...sampleMembers.credentialStatus, id: `${LIST}#${place}`, statusListIndex: String(place) };
      const document = issueCredential(issuer, { credentialStatus: statusEntry });
      expect(await ask(issueStatusList(issuer, [place]), AT, document), `${place}`).toEqual(refused("REVOKED"));
      const neighbours = [place - 1, place + 1].filter((one) => one >= 0 && one < 131_072);
      expect(await ask(issueStatusList(issuer, neighbours), AT, document)).toMatchObject({ verdict: "unrevoked" });
    }
  });

  it("believes a list of the same issuer under another of its keys", async () => {
    const document = issueStatusList(stranger, [PLACE]);
    const answer = await readStatusList({ ...questionOf({ document }), publicKey: stranger.publicKeyHex });
    const list = answer.isValid ? answer.statusList : expect.unreachable(answer.message);
    expect(verifyCredential({ ...questionOf({ document: credential }), statusList: list })).toEqual(refused("REVOKED"));
  });

  it("answers STATUS_UNKNOWN for a list that cannot know", async () => {
    const other = `${LIST}0`;
    expect(await ask(issueStatusList(issuer, [PLACE], { id: other }, { id: `${other}#list` }))).toEqual(
      unknown("is not the one that the credential names"),
    );
    const stranger = { verificationMethod: `did:web:other.example#${issuer.keyId}` };
    expect(await ask(issueStatusList(issuer, [PLACE], { issuer: "did:web:other.example" }, {}, stranger))).toEqual(
      unknown("is not the one that the credential names"),
    );
    const statusEntry = { ...sampleMembers.credentialStatus, id: `${LIST}#131072`, statusListIndex: "131072" };
    expect(await ask(statusList, AT, issueCredential(issuer, { credentialStatus: statusEntry }))).toEqual(
      unknown("has no place 131072"),
    );
  });

  it("does not believe a list beyond its time, except that it revoked", async () => {
    const late = "2026-12-25T12:00:00.000Z";
    expect(await ask(statusList, late)).toEqual(unknown("is out of date"));
    expect(await ask(issueStatusList(issuer, [PLACE]), late)).toEqual(refused("REVOKED"));
    const list = issueStatusList(issuer, [], {}, { ttl: 1_000 });
    expect(await ask(list, "2026-12-24T18:00:00.999Z")).toMatchObject({ verdict: "unrevoked" });
    expect(await ask(list, "2026-12-24T18:00:01.000Z")).toEqual(unknown("is out of date"));
    expect(await ask(list, "2026-12-24T11:58:00.000Z")).toEqual(unknown("not valid yet"));
  });
});

describe("damages", () => {
  const expectRefusal = (document: string, met: Set<string>) => {
    const answer = verifyCredential(questionOf({ document }));
    expect(answer, `${JSON.stringify(document)}, seed ${seed}`).toMatchObject({ isValid: false });
    if (!answer.isValid) met.add(answer.reason);
  };

  it("refuses every change of one byte, at every place of a credential", { timeout: 120_000 }, () => {
    const original = Buffer.from(credential);
    const masks = rounds(
      [0x01, 0x20],
      Array.from({ length: 255 }, (_, index) => index + 1),
    );
    const met = new Set<string>();
    for (let place = 0; place < original.length; place++) {
      for (const mask of masks) {
        const changed = Buffer.from(original);
        changed.writeUInt8(changed.readUInt8(place) ^ mask, place);
        expectRefusal(changed.toString("utf8"), met);
      }
    }
    expect([...met].sort()).toEqual(["NOT_CANONICAL", "SIGNATURE_INVALID", "UNKNOWN_KEY"]);
  });

  it("refuses every change of one byte, at every place of a status list", { timeout: 120_000 }, async () => {
    const original = Buffer.from(statusList);
    const met = new Set<string>();
    // Of the changes below few name another key: it may be that none of this run's does.
    const ofAnotherKey = statusList.replace(/(?<=#)[0-9a-f](?=[0-9a-f]{15}")/, (digit) => (digit === "0" ? "1" : "0"));
    expect(await readStatusList(questionOf({ document: ofAnotherKey }))).toMatchObject({ reason: "UNKNOWN_KEY" });
    met.add("UNKNOWN_KEY");
    for (let place = 0; place < original.length; place++) {
      const changed = Buffer.from(original);
      changed.writeUInt8(changed.readUInt8(place) ^ random.pick([0x01, 0x02, 0x10, 0x20]), place);
      const answer = await readStatusList(questionOf({ document: changed.toString("utf8") }));
      expect(answer, `byte ${place}, seed ${seed}`).toMatchObject({ isValid: false });
      if (!answer.isValid) met.add(answer.reason);
    }
    expect([...met].sort()).toEqual(["NOT_CANONICAL", "SIGNATURE_INVALID", "UNKNOWN_KEY"]);
  });

  const count = rounds(2_000, 100_000);
  it(`refuses ${count} random damages (seed ${seed})`, { timeout: 300_000 }, () => {
    const met = new Set<string>();
    const originals = Object.values(goodCredentials).map(({ document }) => document);
    for (let round = 0; round < count; round++) {
      let changed = random.pick(originals);
      for (let step = random.integer(4); step >= 0; step--) changed = damage(changed);
      if (!originals.includes(changed)) expectRefusal(changed, met);
    }
    // One damage in hundreds hits the id of the key and leaves its form.
    expect(met, `seed ${seed}`).toContain("SIGNATURE_INVALID");
    for (const reason of met)
      expect(["INVALID_INPUT", "NOT_CANONICAL", "SIGNATURE_INVALID", "UNKNOWN_KEY"]).toContain(reason);
  });

  it(`refuses its members in ${rounds(200, 5_000)} other orders, and other spacings (seed ${seed})`, () => {
    for (let round = rounds(200, 5_000); round > 0; round--) {
      const shuffled = JSON.stringify(shuffle(JSON.parse(credential)));
      const spaced = JSON.stringify(JSON.parse(credential), null, random.pick([" ", "  ", "\t"]));
      for (const document of [shuffled, spaced]) {
        if (document === credential) continue;
        expect(verifyCredential(questionOf({ document }))).toMatchObject({ reason: "NOT_CANONICAL" });
      }
    }
  });
});

/** The same value with the members of its objects in a random order. */
function shuffle(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).map(([name, member]) => ({ name, member, order: random.integer(1_000_000) }));
  return Object.fromEntries(
    members.sort((a, b) => a.order - b.order).map(({ name, member }) => [name, shuffle(member)]),
  );
}
