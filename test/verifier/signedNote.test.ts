import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatVkey, noteSignatureLine, openNote, parseVkey } from "../../verifier/index.ts";
import { testRequiring } from "../requirements.ts";
import { issuer } from "./cases.ts";
import { mixedOrderKey } from "./curve.ts";
import { createLedger } from "./testLedger.ts";

const signer = createLedger("signer.example/notes", []);
const stranger = createLedger("stranger.example", []);
const namesake = createLedger(signer.name, []);
const key = parseVkey(signer.vkey);
const TEXT = "If you think cryptography is the answer,\n\nthen you do not understand your problem.\n";
const note = signer.note(TEXT);

testRequiring("VECTORS_DIR")(
  "opens the example of C2SP and a checkpoint of sum.golang.org, and neither under the other key",
  () => {
    const file = join(process.env.VECTORS_DIR ?? "", "tlog/signed-notes.json");
    const vectors: { vkey: string; note: string; ok: boolean }[] = JSON.parse(readFileSync(file, "utf8"));
    expect(vectors).toHaveLength(2);
    for (const vector of vectors) {
      const keys = vectors.map(({ vkey }) => parseVkey(vkey));
      const opened = keys.map((candidate) => "text" in openNote(vector.note, candidate));
      expect(opened).toEqual(vectors.map(({ vkey }) => vkey === vector.vkey && vector.ok));
      const { name, publicKey } = parseVkey(vector.vkey);
      expect(formatVkey(name, publicKey)).toBe(vector.vkey);
      const [text = "", line = ""] = vector.note.split(/(?<=\n)\n(?!.*\n\n)/s);
      expect(openNote(vector.note, parseVkey(vector.vkey))).toEqual({ text });
      const signature = Buffer.from(line.split(" ")[2] ?? "", "base64").subarray(4);
      expect(noteSignatureLine(name, publicKey, signature)).toBe(line);
    }
  },
);

describe("openNote", () => {
  it("gives the text up to the last empty line, with its newline", () => {
    expect(openNote(note, key)).toEqual({ text: TEXT });
  });

  it.each<[string, string, string]>([
    ["an unknown key", stranger.note(TEXT), "is not signed by signer.example/notes"],
    ["an unknown key of the same name", namesake.note(TEXT), "is not signed by signer.example/notes with the key"],
    ["another text", note.replace("answer", "problem"), "has a wrong signature by signer.example/notes"],
    ["a known key that fails after one that holds", note + signer.signatureLine("x\n"), "has a wrong signature"],
    ["a signature that is cut off", signer.note(TEXT, Buffer.alloc(63)), "has a wrong signature"],
    ["no signatures", TEXT, "has a malformed signature line"],
    ["no empty line", TEXT.replace("\n\n", "\n"), "has no signature lines"],
    ["nothing", "", "has no signature lines"],
    ["an empty text", `\n${signer.signatureLine("")}`, "has no signature lines"],
    ["a carriage return", note.replaceAll("\n", "\r\n"), "is not UTF-8 text"],
    ["a character U+0000", signer.note("\0\n"), "is not UTF-8 text"],
    ["a lone surrogate", signer.note("\ud800\n"), "is not UTF-8 text"],
    ["a malformed line after ours", `${note}— stranger\n`, "has a malformed signature line"],
    ["a line without its newline", note.slice(0, -1), "has no signature lines"],
    ["more than 64 signatures", note + stranger.signatureLine(TEXT).repeat(64), "has more than 64 signatures"],
    ["more than 256 Ki characters", note + "x".repeat(262_144), "is not UTF-8 text"],
  ])("says what is wrong with %s", (_, text, problem) => {
    expect(openNote(text, key)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it.each<[string, string]>([
    ["a text of empty lines", "\n\n\n"],
    ["an empty line as text", "\n"],
    ["text that looks like a signature", signer.signatureLine("other\n")],
    ["text with an empty line and a signature", signer.note("other\n")],
    ["U+007F and U+0085, which are no ASCII control characters below U+0020", "\u007f\u0085\n"],
  ])("opens %s", (_, text) => {
    expect(openNote(signer.note(text), key)).toEqual({ text });
  });

  it("ignores signatures of others, known name or not, and accepts 64", () => {
    const others = [stranger.signatureLine(TEXT), namesake.signatureLine("x\n"), "— a AAAAAAA=\n"];
    expect(openNote(`${TEXT}\n${others.join("")}${signer.signatureLine(TEXT)}`, key)).toEqual({ text: TEXT });
    expect(openNote(note + stranger.signatureLine(TEXT).repeat(63), key)).toEqual({ text: TEXT });
  });

  it("ignores our key id under another name", () => {
    const ours = signer.signatureLine(TEXT).replace(signer.name, "stranger.example");
    expect(openNote(`${TEXT}\n${ours}`, key)).toEqual({ problem: expect.stringContaining("is not signed by") });
    expect(openNote(note + ours, key)).toEqual({ text: TEXT });
  });

  it("answers with a problem for whatever is no string", () => {
    for (const value of [undefined, null, 1, {}, [], Buffer.from(note), Symbol("note")]) {
      expect(openNote(value as string, key)).toEqual({ problem: expect.stringContaining("is not UTF-8 text") });
    }
  });
});

describe("vkeys and signature lines", () => {
  it("are written as the test's own hand writes them", () => {
    expect(formatVkey(signer.name, key.publicKey)).toBe(signer.vkey);
    const line = signer.signatureLine(TEXT);
    const signature = Buffer.from(line.split(" ")[2] ?? "", "base64").subarray(4);
    expect(noteSignatureLine(signer.name, key.publicKey, signature)).toBe(line);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["an empty text", ""],
    ["two parts", "name+00000000"],
    ["no name", signer.vkey.slice(signer.name.length)],
    ["a space in the name", signer.vkey.replace("notes", "my notes")],
    ["an upper-case key id", signer.vkey.replace(/\+([0-9a-f]{8})\+/, (_, id) => `+A${id.slice(1)}+`)],
    ["another name", signer.vkey.replace("notes", "n0tes")],
    ["another key", signer.vkey.replace(/.{4}$/, "AAAA")],
    ["a key of 31 bytes", `${signer.vkey.slice(0, -4)}AA==`],
    ["a space after it", `${signer.vkey} `],
    ["a newline after it", `${signer.vkey}\n`],
    ["a key of another type", signer.vkey.replace(/\+A/, "+B")],
  ])("refuses %s", (_, vkey) => {
    expect(() => parseVkey(vkey as string)).toThrow(RangeError);
  });

  it.each(["", "a b", "a+b", "a\u2003b", "a\u0085b", "a\nb", "a\u0001b", "a\ud800"])("refuses the name %j", (name) => {
    expect(() => formatVkey(name, issuer.publicKey)).toThrow(RangeError);
    expect(() => noteSignatureLine(name, issuer.publicKey, new Uint8Array(64))).toThrow(RangeError);
  });

  it("refuses a key that is none and a signature of another length", () => {
    expect(() => formatVkey("name", Buffer.from(mixedOrderKey(), "hex"))).toThrow(RangeError);
    expect(() => formatVkey("name", issuer.publicKey.subarray(1))).toThrow(RangeError);
    expect(() => noteSignatureLine("name", issuer.publicKey, new Uint8Array(63))).toThrow(RangeError);
  });
});
