import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as SDK from "../../verifier/index.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import { badEnvelopes, goodEnvelopes, issuer } from "./cases.ts";
import { badProofs, goodProofs, ledger } from "./recordedCases.ts";

const envelopes = [goodEnvelopes, ...Object.values(badEnvelopes)].flatMap((group) => Object.values(group));
const shown = [goodProofs, ...Object.values(badProofs)].flatMap((group) => Object.values(group));
const keys = [issuer.publicKeyHex, `02${"00".repeat(31)}`, "not a key"];
const questions = { envelopes, shown, keys, vkeys: [ledger.vkey, `${ledger.vkey}=`] };

/** Answers every question with the SDK as it is given: the same function runs in Node and, by its text, in a browser. */
function answer({ Verifier, LedgerVerifier }: typeof SDK, { envelopes, shown, keys, vkeys }: typeof questions) {
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
  });
}

const expected = JSON.parse(answer(SDK, questions));

/**
 * An expression that a browser answers with the same object as `expected`, as JSON. The input is JSON too, whose escapes
 * keep lone surrogates whole on their way.
 */
const question = `(${answer})(GoldenPress, JSON.parse(${JSON.stringify(JSON.stringify(questions))}))`;

let bundle: string;
beforeAll(async () => {
  const result = await build({
    entryPoints: [join(import.meta.dirname, "../../verifier/index.ts")],
    bundle: true,
    format: "iife",
    globalName: "GoldenPress",
    minify: true,
    platform: "browser",
    write: false,
  });
  bundle = result.outputFiles[0]?.text ?? "";
});

describe("the browser bundle", () => {
  it("is small, and names no module that it would have to load", () => {
    expect(bundle.length).toBeLessThan(40_000);
    expect(bundle).not.toMatch(/\brequire\(|\bimport\(|node:/);
  });

  it("gives the verdicts of Node where only JavaScript itself and TextEncoder are there", () => {
    const context = createContext({ TextEncoder });
    runInContext(bundle, context);
    expect(JSON.parse(runInContext(question, context))).toEqual(expected);
  });

  testRequiring("chromium")("gives the verdicts of Node in Chromium", async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: bundle });
      expect(JSON.parse(await page.evaluate<string>(question))).toEqual(expected);
    } finally {
      await browser.close();
    }
  });
});
