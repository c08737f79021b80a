import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatMultikey } from "../../verifier/index.ts";
import { goodAnchors } from "./anchorCases.ts";
import { issuer, sample } from "./cases.ts";
import { DID, issueCredential, issueStatusList, PLACE } from "./credentialIssuer.ts";
import { DrawLedger } from "./drawLedger.ts";
import { ledger, SAMPLE_PLACE, sampleProof } from "./recordedCases.ts";

const root = join(import.meta.dirname, "../..");

let folder: string;
let installed: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-press-package-"));
  installed = join(folder, "node_modules/@golden-press/verifier");
  mkdirSync(installed, { recursive: true });
  // .npmrc runs no scripts: a bare `npm pack` would take what an earlier build has left, or nothing.
  execFileSync("npm", ["pack", "--ignore-scripts=false", "--workspace", "verifier", "--pack-destination", folder], {
    cwd: root,
    stdio: "pipe",
  });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync("tar", ["-xzf", join(folder, archive), "--strip-components", "1", "-C", installed]);
  symlinkSync(join(root, "node_modules/@noble"), join(folder, "node_modules/@noble"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a file in the folder where the package is installed, and answers with what it printed. */
function run(file: string, text: string, ...options: string[]): string {
  writeFileSync(join(folder, file), text);
  return execFileSync(process.execPath, [file, ...options], { cwd: folder, encoding: "utf8" });
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map((match) => match[1] ?? "");
}

describe("the package as npm would publish it", () => {
  it("holds what a stranger needs and nothing else", () => {
    const files = readdirSync(installed, { recursive: true })
      .map(String)
      .filter((name) => /\./.test(name));
    const sources = readdirSync(join(root, "verifier")).filter((name) => name.endsWith(".ts"));
    const modules = sources.flatMap((name) => [
      `dist/${name.replace(/ts$/, "d.ts")}`,
      `dist/${name.replace(/ts$/, "js")}`,
    ]);
    expect([...files, "LICENSE"].sort()).toEqual([...modules, "LICENSE", "README.md", "package.json"].sort());
    expect(readFileSync(join(installed, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  it("is built anew by npm publish, though no scripts are run otherwise", () => {
    rmSync(join(root, "verifier/dist"), { recursive: true });
    const options = ["--dry-run", "--force", "--json", "--workspace", "verifier"]; // With force it asks no registry.
    const answer = execFileSync("npm", ["publish", ...options], { cwd: root, encoding: "utf8", stdio: "pipe" });
    // What the scripts print comes first.
    const published = JSON.parse(answer.slice(answer.indexOf("{\n")))["@golden-press/verifier"];
    const installedFiles = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(published.files.map(({ path }: { path: string }) => path).sort()).toEqual(
      installedFiles.map(({ parentPath, name }) => relative(installed, join(parentPath, name))).sort(),
    );
  });

  it("verifies a ticket by the examples of its README, in plain JavaScript", () => {
    const [example = "", recorded = "", consistency = "", draws = "", credentials = "", anchored = ""] = blocks(
      readFileSync(join(installed, "README.md"), "utf8"),
      "js",
    );
    const input = "const [publicKeyHex, envelope] = process.argv.slice(2);\n";
    expect(run("readme.js", input + example, issuer.publicKeyHex, sample)).toBe("ticket 3\n");
    expect(run("readme.js", input + example, issuer.publicKeyHex, `${sample} `)).toMatch(
      /^NOT_CANONICAL: The envelope /,
    );
    const proofInput = "const [publicKeyHex, vkey, envelope, proof] = process.argv.slice(2);\n";
    const show = (proof: string) =>
      run("recorded.js", proofInput + recorded, issuer.publicKeyHex, ledger.vkey, sample, proof);
    expect(show(sampleProof)).toBe(`place ${SAMPLE_PLACE} of ${ledger.size}\n`);
    expect(show(ledger.proof(0))).toMatch(/^PROOF_INVALID: The proven entry /);
    const notesInput = "const [vkey, olderCheckpoint, newerCheckpoint, ...hashes] = process.argv.slice(2);\n";
    const notes = [ledger.checkpoint(3), ledger.checkpoint(8)];
    const compare = (hashes: readonly string[]) =>
      run("consistency.js", notesInput + consistency, ledger.vkey, ...notes, ...hashes);
    expect(compare(ledger.consistency(3, 8))).toBe("one history\n");
    expect(compare([])).toMatch(/^This does not prove /);
    const { leaves } = new DrawLedger("sealed").issue(1).close().draw();
    const recompute = (entries: readonly string[]) =>
      run("draws.js", `const entries = process.argv.slice(2);\n${draws}`, ...entries);
    expect(recompute(leaves)).toBe("agrees: Ticket 1 is what the secret and the 1 entry give.\n");
    expect(recompute(leaves.slice(1))).toMatch(/^PROOF_INVALID: Entry 0 /);
    // It asks about this moment.
    const time = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const inTime = { validFrom: time(-1), validUntil: time(1) };
    const credential = issueCredential(issuer, inTime);
    const publicKeyMultibase = formatMultikey(issuer.publicKey);
    const documentOf = (id: string) => {
      const method = { controller: id, id: `${id}#${issuer.keyId}`, publicKeyMultibase, type: "Multikey" };
      return { id, verificationMethod: [method], assertionMethod: [method.id] };
    };
    const credentialInput = "const [didDocument, credential, statusList] = process.argv.slice(2);\n";
    const ask = (revoked: readonly number[], shown = credential, did = DID) =>
      run(
        "credentials.js",
        credentialInput + credentials,
        JSON.stringify(documentOf(did)),
        shown,
        issueStatusList(issuer, revoked, inTime),
      );
    expect(ask([PLACE + 1])).toBe("unrevoked: level 2\n");
    expect(ask([PLACE])).toMatch(/^REVOKED: /);
    expect(ask([], credential.replace('"trustLevel":2', '"trustLevel":3'))).toMatch(/^SIGNATURE_INVALID: /);
    expect(ask([], credential, "did:web:other.example")).toMatch(/^UNKNOWN_KEY: /);
    const anchorInput = "const [publicKeyHex, vkey, envelope, anchor] = process.argv.slice(2);\n";
    const look = (document = "") =>
      run("anchored.js", anchorInput + anchored, issuer.publicKeyHex, ledger.vkey, sample, document);
    expect(look(goodAnchors["in a block of four"])).toMatch(
      /^place \d+, in the block [0-9a-f]{64} of 2025-11-24T16:00:00.000Z\n$/,
    );
    expect(look(goodAnchors["not mined"])).toMatch(
      /^place \d+, in the transaction [0-9a-f]{64}, of which the press says that it is on the chain\n$/,
    );
    expect(look(goodAnchors["an earlier place of the ledger"])).toMatch(/^PROOF_INVALID: The proven entry /);
    expect(look("{}")).toMatch(/^NOT_CANONICAL: /);
  });

  it("has examples that compile and print what they say", { timeout: 180_000 }, () => {
    const declarations = readdirSync(join(installed, "dist")).filter((name) => name.endsWith(".d.ts"));
    const examples = declarations.flatMap((name) =>
      blocks(readFileSync(join(installed, "dist", name), "utf8"), "ts").map((block) => block.replace(/^ +\* ?/gm, "")),
    );
    const exported = run("exported.js", 'console.log(Object.keys(await import("@golden-press/verifier")).join(" "));');
    const functions = exported
      .trim()
      .split(" ")
      .filter((name) => /[a-z]/.test(name));
    expect(functions.length).toBeGreaterThanOrEqual(20);
    for (const name of functions) expect(examples.join(), `an example of ${name}`).toMatch(`${name}(`);
    for (const [index, example] of examples.entries()) {
      const printed = run(`example${index}.ts`, example).trimEnd().split("\n");
      const promised = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1] ?? "");
      expect(printed).toEqual(promised.map((line) => expect.stringMatching(pattern(line))));
    }
    const options = ["--noEmit", "--strict", "--target", "es2024", "--module", "nodenext", "--types", ""];
    const files = examples.map((_, index) => `example${index}.ts`);
    execFileSync(join(root, "node_modules/.bin/tsc"), [...options, ...files], { cwd: folder, stdio: "pipe" });
  });
});

/** The line as it stands; where it ends in an ellipsis, any continuation. */
function pattern(line: string): RegExp {
  const literal = line.replace(/…$/, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal}${line.endsWith("…") ? "" : "$"}`);
}
