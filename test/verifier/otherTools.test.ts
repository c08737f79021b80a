import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { formatMultikey, Verifier, verifyAnchor } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { badAnchors, goodAnchors } from "./anchorCases.ts";
import { badEnvelopes, goodEnvelopes, issuer, sample, stranger } from "./cases.ts";
import { badCredentials, credential, goodCredentials, statusList } from "./credentialCases.ts";
import { damage as damageText } from "./damage.ts";
import { DrawLedger } from "./drawLedger.ts";
import { badProofs, goodProofs, ledger, type Shown, sampleProof } from "./recordedCases.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "verifier/README.md"), "utf8");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-press-tools-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The commands that the README shows under a heading, run as they stand. */
function runReadme(heading: string, cwd: string, env: Record<string, string>, nth = 0) {
  const section = new RegExp(`### ${heading}\\n(.*?)(?=\\n##)`, "s").exec(readme)?.[1] ?? "";
  const commands = [...section.matchAll(/```sh\n(.*?)```/gs)][nth]?.[1];
  if (!commands) throw new Error(`verifier/README.md shows no commands under "${heading}"`);
  const run = spawnSync("bash", ["-c", commands], { cwd, encoding: "utf8", env: { ...process.env, ...env } });
  return { ...run, output: run.stdout + run.stderr };
}

describe("OpenSSL, by the commands of the README", () => {
  const testOpenssl = testRequiring("openssl");
  const verifyWithOpenssl = (envelope: string, publicKeyHex = issuer.publicKeyHex) => {
    writeFileSync(join(folder, "ticket.json"), envelope);
    return runReadme("With OpenSSL", folder, { KEY: publicKeyHex });
  };
  const success = { status: 0, output: expect.stringContaining("Verified Successfully") };
  const failure = { status: 1, output: expect.stringContaining("Verification Failure") };

  for (const [name, envelope] of Object.entries(goodEnvelopes)) {
    testOpenssl(`verifies ${name}`, () => expect(verifyWithOpenssl(envelope)).toMatchObject(success));
  }

  for (const [name, envelope] of Object.entries({ ...badEnvelopes.UNKNOWN_KEY, ...badEnvelopes.SIGNATURE_INVALID })) {
    // OpenSSL knows nothing of key ids: a ticket of ours that names another key is for the SDK to refuse.
    const isOurs = name === "another issuer's key id under our signature";
    testOpenssl(`${isOurs ? "verifies the signature of" : "refuses"} ${name}`, () => {
      expect(verifyWithOpenssl(envelope)).toMatchObject(isOurs ? success : failure);
    });
  }

  /** The commands for a credential, which stand below those for a ticket. */
  const verifyCredentialWithOpenssl = (text: string) => {
    writeFileSync(join(folder, "credential.json"), text);
    return runReadme("With OpenSSL", folder, { KEY: issuer.publicKeyHex }, 1);
  };

  for (const [name, { document }] of Object.entries(goodCredentials)) {
    testOpenssl(`verifies, as a credential, ${name}`, () => {
      expect(verifyCredentialWithOpenssl(document)).toMatchObject(success);
      expect(verifyCredentialWithOpenssl(`${document}\n`)).toMatchObject(success);
    });
  }

  for (const [name, { document }] of Object.entries({
    ...badCredentials.UNKNOWN_KEY,
    ...badCredentials.SIGNATURE_INVALID,
  })) {
    const isOurs = name === "another key's id under our signature";
    testOpenssl(`${isOurs ? "verifies the signature of" : "refuses"}, as a credential, ${name}`, () => {
      expect(verifyCredentialWithOpenssl(document)).toMatchObject(isOurs ? success : failure);
    });
  }

  testOpenssl("refuses a good ticket under another key", () => {
    expect(verifyWithOpenssl(sample, stranger.publicKeyHex)).toMatchObject(failure);
  });
});

describe("Python, with its standard library alone", () => {
  const testPython = testRequiring("python3");

  testPython("answers as the SDK does for every good and bad envelope", () => {
    const expected = Object.entries({ signed: goodEnvelopes, ...badEnvelopes }).flatMap(
      ([answer, envelopes]) =>
        Object.values(envelopes).flatMap((text) => (text.isWellFormed() ? [{ text, answer }] : [])), // See isWellFormed.
    );
    const files = expected.map(({ text }, index) => {
      const file = join(folder, `envelope-${index}.json`);
      writeFileSync(file, text);
      return file;
    });
    const script = join(import.meta.dirname, "verify_ticket.py");
    const run = spawnSync("python3", [script, issuer.publicKeyHex, ...files], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout.trimEnd().split("\n")).toEqual(files.map((file, index) => `${file}: ${expected[index]?.answer}`));
    expect(run.status).toBe(1);
  });

  /** What Python says of tickets with their proofs, one answer each. */
  function askPython(shown: readonly Shown[]): string[] {
    const files = shown.flatMap(({ envelope, proof }, index) => {
      const [envelopeFile, proofFile] = [join(folder, `${index}.json`), join(folder, `${index}.tlog-proof`)];
      writeFileSync(envelopeFile, envelope);
      writeFileSync(proofFile, proof);
      return [envelopeFile, proofFile];
    });
    const script = join(import.meta.dirname, "verify_recorded.py");
    const run = spawnSync("python3", [script, issuer.publicKeyHex, ledger.vkey, ...files], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    return run.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(": ")[1] ?? "");
  }

  testPython("answers as the SDK does for every good and bad proof", () => {
    const expected = Object.entries({ recorded: goodProofs, ...badProofs }).flatMap(([answer, cases]) =>
      Object.values(cases).flatMap((shown) => (isWellFormed(shown) ? [{ shown, answer }] : [])),
    );
    expect(askPython(expected.map(({ shown }) => shown))).toEqual(expected.map(({ answer }) => answer));
  });

  const count = rounds(150, 600);
  testPython(`answers as the SDK does for ${count} proofs with random damages (seed ${seed})`, () => {
    const verifier = new Verifier(issuer.publicKeyHex, { ledger: ledger.vkey });
    const shown = Array.from({ length: count }, () => ({ envelope: sample, proof: damage(sampleProof) }));
    const expected = shown.map(({ envelope, proof }) => {
      const answer = verifier.verifyRecorded(envelope, proof);
      return answer.isValid ? answer.verdict : answer.reason;
    });
    expect(askPython(shown), `seed ${seed}`).toEqual(expected);
    expect(new Set(expected), `seed ${seed}`).toEqual(new Set(["recorded", "PROOF_INVALID"]));
  });

  testPython("verifies a recorded ticket and a draw by the commands of the README", () => {
    const [ticket, proof] = [join(folder, "ticket.json"), join(folder, "ticket.tlog-proof")];
    writeFileSync(ticket, sample);
    writeFileSync(proof, sampleProof);
    const entries = join(folder, "entries.jsonl");
    writeFileSync(entries, `${new DrawLedger("random_int").issue(1).close().draw().leaves.join("\n")}\n`);
    const env = { KEY: issuer.publicKeyHex, VKEY: ledger.vkey, TICKET: ticket, PROOF: proof, ENTRIES: entries };
    expect(runReadme("With Python", root, env)).toMatchObject({
      status: 0,
      output: `${ticket}: signed\n${ticket}: recorded\n${entries}: 1 random_int drawn 1 None agrees\n`,
    });
  });

  /** What Python says of anchors, one answer each, and what the SDK says. */
  function askBoth(documents: readonly string[]): { python: string[]; sdk: string[] } {
    const files = documents.map((text, index) => {
      const file = join(folder, `anchor-${index}.json`);
      writeFileSync(file, text);
      return file;
    });
    const script = join(import.meta.dirname, "verify_anchor.py");
    const run = spawnSync("python3", [script, ledger.vkey, ...files], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    const sdk = documents.map((document) => {
      const answer = verifyAnchor(document, { ledger: ledger.vkey });
      return answer.isValid ? answer.verdict : answer.reason;
    });
    const lines = run.stdout.trimEnd().split("\n");
    return { python: lines.map((line) => line.split(": ")[1] ?? ""), sdk };
  }

  testPython("answers as the SDK does for every good and bad anchor", () => {
    const bad = Object.values(badAnchors).flatMap((sentences) => Object.values(sentences));
    const documents = [goodAnchors, ...bad]
      .flatMap((cases) => Object.values(cases))
      .filter((text) => text.isWellFormed());
    const { python, sdk } = askBoth(documents);
    expect(python).toEqual(sdk);
    expect(new Set(sdk)).toEqual(new Set(["mined", "carried", "INVALID_INPUT", "NOT_CANONICAL", "PROOF_INVALID"]));
  });

  testPython(`answers as the SDK does for ${count} anchors with random damages (seed ${seed})`, () => {
    const documents = Array.from({ length: count }, () => damageText(random.pick(Object.values(goodAnchors))));
    const { python, sdk } = askBoth(documents.filter((text) => text.isWellFormed()));
    expect(python, `seed ${seed}`).toEqual(sdk);
  });

  testPython("verifies an anchor by the commands of the README", () => {
    const file = join(folder, "ticket.anchor.json");
    writeFileSync(file, goodAnchors["in a block of four"] ?? "");
    expect(runReadme("With Python", root, { VKEY: ledger.vkey, ANCHOR: file }, 2)).toMatchObject({
      status: 0,
      output: `${file}: mined\n`,
    });
  });

  testRequiring("python3", "openssl")("verifies a credential and its status list by the commands of the README", () => {
    const [shown, list] = [join(folder, "credential.json"), join(folder, "list.json")];
    writeFileSync(shown, credential);
    writeFileSync(list, statusList);
    const env = { MULTIKEY: formatMultikey(issuer.publicKey), CREDENTIAL: shown, STATUS_LIST: list };
    expect(runReadme("With Python", root, env, 1)).toMatchObject({
      status: 0,
      output: `${shown}: signed\n${list}: signed\n${shown}: unrevoked\n`,
    });
  });
});

/** A lone surrogate has no UTF-8 bytes, so no file can hold it. */
function isWellFormed({ envelope, proof }: Shown): boolean {
  return envelope.isWellFormed() && proof.isWellFormed();
}

/** A line of a proof left out, doubled, moved or changed in one character; one time in eight nothing. */
function damage(proof: string): string {
  const lines = proof.split("\n");
  const [place, target] = [random.integer(lines.length), random.integer(lines.length)];
  const line = lines[place] ?? "";
  const at = random.integer(line.length + 1);
  const character = random.pick(["0", "1", "A", "=", " ", "\t", "—", "é", "\u2028"]);
  const changed = random.pick([
    () => lines,
    () => lines.toSpliced(place, 1),
    () => lines.toSpliced(target, 0, line),
    () => lines.toSpliced(place, 1).toSpliced(target, 0, line),
    () => lines.with(place, line.slice(0, at) + line.slice(at + 1)),
    () => lines.with(place, line.slice(0, at) + character + line.slice(at)),
    () => lines.with(place, line.slice(0, at) + character + line.slice(at + 1)),
    () => lines.with(place, line.replace(/^index \d+/, `index ${random.integer(40)}`)),
  ])();
  return changed.join("\n");
}
