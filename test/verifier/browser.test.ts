import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as SDK from "../../verifier/index.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import { badAnchors, goodAnchors } from "./anchorCases.ts";
import { badEnvelopes, goodEnvelopes, issuer } from "./cases.ts";
import {
  badCredentials,
  badLists,
  credential,
  goodCredentials,
  goodLists,
  questionOf,
  statusList,
} from "./credentialCases.ts";
import { issueStatusList, PLACE } from "./credentialIssuer.ts";
import { drawCases } from "./drawCases.ts";
import { badProofs, goodProofs, ledger } from "./recordedCases.ts";

const envelopes = [goodEnvelopes, ...Object.values(badEnvelopes)].flatMap((group) => Object.values(group));
const shown = [goodProofs, ...Object.values(badProofs)].flatMap((group) => Object.values(group));
const keys = [issuer.publicKeyHex, `02${"00".repeat(31)}`, "not a key"];
const drawn = Object.values(drawCases).map(({ leaves }) => leaves);
const anchors = [goodAnchors, ...Object.values(badAnchors).flatMap((group) => Object.values(group))]
  .flatMap((group) => Object.values(group))
  .filter((document) => document.length < 100_000);
const questions = { envelopes, shown, keys, vkeys: [ledger.vkey, `${ledger.vkey}=`], drawn, anchors };

/** Answers every question with the SDK as it is given: the same function runs in Node and, by its text, in a browser. */
function answer(
  { Verifier, LedgerVerifier, recomputeDraws, verifyAnchor }: typeof SDK,
  { envelopes, shown, keys, vkeys, drawn, anchors }: typeof questions,
) {
  const nameOf = (make: () => { keyId: string } | { origin: string }) => {
    try {
      const made = make();
      return "keyId" in made ? made.keyId : made.origin;
    } catch (error) {
      return String(error);
    }
  };
  const verifier = new Verifier(keys[0] as string, { ledger: vkeys[0] as string });
  return JSON.stringify({
    signed: envelopes.map((envelope) => verifier.verify(envelope)),
    recorded: shown.map(({ envelope, proof }) => verifier.verifyRecorded(envelope, proof)),
    keys: keys.map((key) => nameOf(() => new Verifier(key))),
    vkeys: vkeys.map((vkey) => nameOf(() => new LedgerVerifier(vkey))),
    drawn: drawn.map((leaves) => recomputeDraws(leaves)),
    anchors: anchors.map((anchor) => verifyAnchor(anchor, { ledger: vkeys[0] as string })),
  });
}

const expected = JSON.parse(answer(SDK, questions));

/**
 * An expression that a browser answers with the same object as `expected`, as JSON. The input is JSON too, whose escapes
 * keep lone surrogates whole on their way.
 */
const question = `(${answer})(GoldenPress, JSON.parse(${JSON.stringify(JSON.stringify(questions))}))`;

const casesOf = (good: typeof goodLists, bad: typeof badLists) =>
  [good, ...Object.values(bad)].flatMap((group) => Object.values(group)).map(questionOf);
const credentialQuestions = {
  credentials: casesOf(goodCredentials, badCredentials),
  lists: casesOf(goodLists, badLists),
  shown: questionOf({ document: credential }),
  /** In the first of them the credential is revoked, in the second not. */
  looked: [issueStatusList(issuer, [PLACE]), statusList].map((document) => questionOf({ document })),
  keys: [issuer.publicKeyHex, "not a key"],
};

/** The same for credentials, which are verified at once, and their status lists, which are unpacked when there is time. */
async function answerCredentials(
  { verifyCredential, readStatusList, readDidDocument, didDocument, parsePublicKey, formatMultikey }: typeof SDK,
  { credentials, lists, shown, looked, keys }: typeof credentialQuestions,
) {
  const read = [];
  for (const question of lists) read.push(await readStatusList(question));
  const statuses = [];
  for (const question of looked) {
    const answer = await readStatusList(question);
    statuses.push(answer.isValid ? verifyCredential({ ...shown, statusList: answer.statusList }) : answer);
  }
  const key = parsePublicKey(keys[0] as string);
  const document = readDidDocument(didDocument("did:web:press.example", [{ publicKey: key }]));
  const names = "document" in document ? [...document.document.keys.keys()] : document;
  return JSON.stringify({
    signed: credentials.map((question) => verifyCredential(question)),
    keys: keys.map((publicKey) => verifyCredential({ ...shown, publicKey })),
    did: [names, formatMultikey(key)],
    read,
    statuses,
  });
}

const expectedOfCredentials = JSON.parse(await answerCredentials(SDK, credentialQuestions));
const credentialQuestion = `(${answerCredentials})(GoldenPress, JSON.parse(${JSON.stringify(JSON.stringify(credentialQuestions))}))`;

/** What a page loads that imports this from the SDK. */
async function bundleOf(imported: string): Promise<string> {
  const result = await build({
    stdin: {
      contents: `export ${imported} from "./verifier/index.ts";`,
      resolveDir: join(import.meta.dirname, "../.."),
    },
    bundle: true,
    format: "iife",
    globalName: "GoldenPress",
    minify: true,
    platform: "browser",
    write: false,
  });
  return result.outputFiles[0]?.text ?? "";
}

let bundle: string;
beforeAll(async () => {
  bundle = await bundleOf("*");
});

describe("the browser bundle", () => {
  it("is small, and names no module that it would have to load", () => {
    expect(bundle.length).toBeLessThan(130_000);
    expect(bundle).not.toMatch(/\brequire\(|\bimport\(|node:/);
  });

  it("of a page that only verifies tickets has nothing of the beacon's curve, which is most of it", async () => {
    const [tickets, draws] = [await bundleOf("{ Verifier, LedgerVerifier }"), await bundleOf("{ recomputeDraws }")];
    expect(tickets.length).toBeLessThan(40_000);
    expect([tickets.includes("BLS_SIG_"), draws.includes("BLS_SIG_")]).toEqual([false, true]);
  });

  it("gives the verdicts of Node where only JavaScript itself and TextEncoder are there", () => {
    const context = createContext({ TextEncoder });
    runInContext(bundle, context);
    expect(JSON.parse(runInContext(question, context))).toEqual(expected);
  });

  it("gives the verdicts of Node about credentials, and about lists where something unpacks them", async () => {
    const context = createContext({ TextEncoder, DecompressionStream });
    runInContext(bundle, context);
    expect(JSON.parse(await runInContext(credentialQuestion, context))).toEqual(expectedOfCredentials);
    expect(expectedOfCredentials.statuses).toMatchObject([{ reason: "REVOKED" }, { verdict: "unrevoked" }]);
  });

  it("gives the verdicts of Node about credentials without it, and says what lists lack", async () => {
    const context = createContext({ TextEncoder });
    runInContext(bundle, context);
    const { signed, keys, did, statuses } = JSON.parse(await runInContext(credentialQuestion, context));
    expect({ signed, keys, did }).toEqual({
      signed: expectedOfCredentials.signed,
      keys: expectedOfCredentials.keys,
      did: expectedOfCredentials.did,
    });
    for (const answer of statuses) {
      expect(answer).toMatchObject({
        reason: "INVALID_INPUT",
        message: expect.stringContaining("DecompressionStream"),
      });
    }
  });

  testRequiring("chromium")("gives the verdicts of Node in Chromium", async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: bundle });
      expect(JSON.parse(await page.evaluate<string>(question))).toEqual(expected);
      expect(JSON.parse(await page.evaluate<string>(credentialQuestion))).toEqual(expectedOfCredentials);
    } finally {
      await browser.close();
    }
  });
});
