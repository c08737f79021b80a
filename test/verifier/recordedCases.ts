import { random } from "../random.ts";
import { badEnvelopes, goodEnvelopes, issuer, sample } from "./cases.ts";
import { base64, checkpointText, createLedger, ticketEntry } from "./testLedger.ts";

/** A ticket and what is shown as its proof. */
export interface Shown {
  readonly envelope: string;
  readonly proof: string;
}

const tickets = Object.values(goodEnvelopes);

/** Entries of a ledger that lies about `sample`, or is not written as it must be: each is properly included and signed. */
const lyingEntries: Readonly<Record<string, string | Buffer>> = {
  "an entry of another edition": ticketEntry(sample, { edition: "silver-ticket" }),
  "an entry of another number": ticketEntry(sample, { ticket_number: 4 }),
  "an entry of another ticket id": ticketEntry(sample, { ticket_id: "1d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11" }),
  "an entry of another envelope": ticketEntry(sample, { envelope_hash: "0".repeat(64) }),
  "an entry of another type": ticketEntry(sample, { type: "ticket.redeemed" }),
  "an entry with a member too many": ticketEntry(sample, { seat: "12" }),
  "an entry without a holder": ticketEntry(sample, { holder: undefined }),
  "an entry whose holder is a name": ticketEntry(sample, { holder: "charlie" }),
  "an entry at no time": ticketEntry(sample, { at: "2026-02-30T18:00:00.000Z" }),
  "an entry with a space": ticketEntry(sample).replace(",", ", "),
  "an entry with a member twice": ticketEntry(sample).replace("{", '{"at":"2026-11-21T15:09:26.535Z",'),
  "an entry with a newline after it": `${ticketEntry(sample)}\n`,
  "an entry with a byte order mark": `\ufeff${ticketEntry(sample)}`,
  "an entry that is not UTF-8": Buffer.from(ticketEntry(sample, { holder: "é" }), "latin1"),
  "an entry that is no JSON": "ticket.issued",
  "an entry that is an envelope": sample,
};

const manifest = '{"at":"2026-11-20T00:00:00.000Z","cap":5,"edition":"golden-ticket","type":"edition.opened"}';
const entries = [manifest, ...tickets.map((ticket) => ticketEntry(ticket)), ...Object.values(lyingEntries)];

/** The ledger of these cases: a manifest, the good tickets, then the lies. */
export const ledger = createLedger("press.example/ledger", entries);
export const SAMPLE_PLACE = 1 + tickets.indexOf(sample);
export const sampleProof = ledger.proof(SAMPLE_PLACE);

/** Ledgers that a verifier of `ledger` does not believe: another key under the same name, and another name. */
const impostor = createLedger(ledger.name, entries);
const foreign = createLedger("other.example/ledger", entries);

const text = ledger.checkpoint().split("\n\n")[0] as string;
const signed = `${text}\n`;
const [origin = "", size = "", root = ""] = text.split("\n");
const path = sampleProof.split("\n").slice(3, sampleProof.split("\n").indexOf(""));
const extra = `extra ${base64(ticketEntry(sample))}`;
const withParts = (parts: Parameters<typeof ledger.proof>[2]) => ledger.proof(SAMPLE_PLACE, undefined, parts);
const withText = (changed: string) => withParts({ checkpoint: ledger.note(changed) });
const withLine = (line: string) => sampleProof + line;

/** Tickets with proofs under which they are recorded. */
export const goodProofs: Readonly<Record<string, Shown>> = {
  ...Object.fromEntries(
    Object.entries(goodEnvelopes).map(([name, envelope], index) => [
      name,
      { envelope, proof: ledger.proof(1 + index) },
    ]),
  ),
  "the last entry of a ledger": { envelope: tickets[0] as string, proof: ledger.proof(1, 2) },
  "a checkpoint of an earlier day": { envelope: sample, proof: ledger.proof(SAMPLE_PLACE, SAMPLE_PLACE + 3) },
  "fifteen signatures of strangers, longer than ours": {
    envelope: sample,
    proof: withLine(Array.from({ length: 15 }, (_, i) => `— witness${i}.example ${longSignature()}\n`).join("")),
  },
  "a stranger's signature before ours": {
    envelope: sample,
    proof: sampleProof.replace("\n\n— ", "\n\n— a AAAAAAA=\n— "),
  },
  "a stranger with our name": { envelope: sample, proof: withLine(impostor.signatureLine(signed)) },
  "a stranger's invalid signature": { envelope: sample, proof: withLine(`— witness.example ${base64("12345")}\n`) },
  "a stranger with a byte order mark in its name": { envelope: sample, proof: withLine("— a\ufeffb AAAAAAA=\n") },
  "our signature twice": { envelope: sample, proof: withLine(ledger.signatureLine(signed)) },
  "extension lines": { envelope: sample, proof: withText(`${signed}an extension\n— another\n`) },
};

/** What is shown with a proof and refused, by reason. `sample` itself is good everywhere but under the first headings. */
export const badProofs: Readonly<Record<string, Readonly<Record<string, Shown>>>> = {
  ...Object.fromEntries(
    Object.entries(badEnvelopes).map(([reason, envelopes]) => [
      reason,
      Object.fromEntries(
        Object.entries(envelopes).map(([name, envelope]) => [name, { envelope, proof: sampleProof }] as const),
      ),
    ]),
  ),
  PROOF_INVALID: {
    "a ticket signed off the books": { envelope: issuer.issue({ ticket_number: 6 }), proof: sampleProof },
    "the same ticket under another signed text": {
      envelope: issuer.issue({ timestamp: "2026-11-21T15:09:26.536Z" }),
      proof: sampleProof,
    },
    ...Object.fromEntries(
      Object.entries({
        ...Object.fromEntries(
          Object.keys(lyingEntries).map((name, index) => [name, ledger.proof(1 + tickets.length + index)]),
        ),
        nothing: "",
        "no proof at all": "golden ticket",
        "the envelope": sample,
        "a lone surrogate": sampleProof.replace("press.example", "press\ud800example"),
        "very many newlines": "\n".repeat(300_000),
        "a text beyond the longest length": withLine(`— a ${base64(Buffer.alloc(300_000))}\n`),
        "the proof of another ticket": ledger.proof(SAMPLE_PLACE + 1),
        "the proof of the manifest": ledger.proof(0),
        "our entry, the way of the next place": withParts({
          index: `index ${SAMPLE_PLACE + 1}`,
          path: ledger
            .proof(SAMPLE_PLACE + 1)
            .split("\n")
            .slice(3, 3 + path.length),
        }),
        "the next place": withParts({ index: `index ${SAMPLE_PLACE + 1}` }),
        "the place before": withParts({ index: `index ${SAMPLE_PLACE - 1}` }),
        "a place after the end": withParts({ index: `index ${entries.length}` }),
        "a place beyond the safe numbers": withParts({ index: `index ${2n ** 64n + BigInt(SAMPLE_PLACE)}` }),
        "a negative place": withParts({ index: `index -${SAMPLE_PLACE}` }),
        "a place with a leading zero": withParts({ index: `index 0${SAMPLE_PLACE}` }),
        "a place with a fraction": withParts({ index: `index ${SAMPLE_PLACE}.0` }),
        "a place in other digits": withParts({ index: "index \u0661" }),
        "no place": withParts({ index: "index " }),
        "an index line in capitals": withParts({ index: `Index ${SAMPLE_PLACE}` }),
        "a space after the place": withParts({ index: `index ${SAMPLE_PLACE} ` }),
        "no extra line": sampleProof.replace(`${extra}\n`, ""),
        "an empty extra line": withParts({ extra: "extra " }),
        "two extra lines": withParts({ extra: `${extra}\n${extra}` }),
        "an extra line after the index": withParts({ extra: `index ${SAMPLE_PLACE}`, index: extra }),
        "an extra line in hexadecimal": withParts({
          extra: `extra ${Buffer.from(ticketEntry(sample)).toString("hex")}`,
        }),
        "an extra line in Base64url": withParts({ extra: `extra ${base64(Buffer.of(0xfb, 0xff)).replace("+", "-")}` }),
        "an extra line without its padding": withParts({
          extra: extra.replace(/=*$/, (end) => (end === "=" ? "" : "=")),
        }),
        "a hash left out": withParts({ path: path.slice(1) }),
        "no hashes": withParts({ path: [] }),
        "the last hash left out": withParts({ path: path.slice(0, -1) }),
        "a hash too many": withParts({ path: [...path, root] }),
        "the root after the hashes, twice": withParts({ path: [...path, root, root] }),
        "hashes in the wrong order": withParts({ path: path.toReversed() }),
        "a hash of 31 bytes": withParts({ path: [base64(Buffer.alloc(31)), ...path.slice(1)] }),
        "a hash of 33 bytes": withParts({ path: [base64(Buffer.alloc(33)), ...path.slice(1)] }),
        "a hash with bits left over": withParts({
          path: [(path[0] as string).replace(/.=$/, looseBits), ...path.slice(1)],
        }),
        "a space after a hash": withParts({ path: [`${path[0]} `, ...path.slice(1)] }),
        "another version": withParts({ header: "c2sp.org/tlog-proof@v2" }),
        "a byte order mark": `\ufeff${sampleProof}`,
        "a line before": `\n${sampleProof}`,
        "lines that end as on Windows": sampleProof.replaceAll("\n", "\r\n"),
        "no empty line": sampleProof.replace("\n\n", "\n"),
        "two empty lines": sampleProof.replace("\n\n", "\n\n\n"),
        "no checkpoint": sampleProof.slice(0, sampleProof.indexOf("\n\n") + 2),
        "a checkpoint that nobody signed": sampleProof.slice(0, sampleProof.lastIndexOf("—")),
        "no newline at the end": sampleProof.slice(0, -1),
        "a newline too many at the end": `${sampleProof}\n`,
        "a space at the end": `${sampleProof} `,
        "the proof twice": sampleProof + sampleProof,
        "a checkpoint of another key with our name": withParts({ checkpoint: impostor.checkpoint() }),
        "a checkpoint of another ledger": withParts({ checkpoint: foreign.checkpoint() }),
        "our key on the checkpoint of another ledger": withText(signed.replace(origin, foreign.name)),
        "a checkpoint of another size": withParts({ checkpoint: ledger.checkpoint(entries.length - 1) }),
        "a checkpoint before the entry": withParts({ checkpoint: ledger.checkpoint(SAMPLE_PLACE) }),
        "an empty checkpoint": withParts({ checkpoint: ledger.checkpoint(0) }),
        "another size under the same signature": sampleProof.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`),
        "another root under the same signature": sampleProof.replace(root, path[0] as string),
        "a size with a leading zero": withText(checkpointText(origin, `0${size}`, Buffer.from(root, "base64"))),
        "a size with a sign": withText(checkpointText(origin, `+${size}`, Buffer.from(root, "base64"))),
        "a size in hexadecimal": withText(
          checkpointText(origin, `0x${Number(size).toString(16)}`, Buffer.from(root, "base64")),
        ),
        "a root of 31 bytes": withText(checkpointText(origin, size, Buffer.from(root, "base64").subarray(1))),
        "a root in hexadecimal": withText(`${origin}\n${size}\n${Buffer.from(root, "base64").toString("hex")}\n`),
        "an empty line in the checkpoint": withText(`${signed}\nmore\n`),
        "two lines in the checkpoint": withText(`${origin}\n${size}\n`),
        "no origin": withText(`\n${size}\n${root}\n`),
        "a tab in an extension line": withText(`${signed}\tmore\n`),
        "a signature over the text without its newline": withParts({
          checkpoint: `${signed}\n${ledger.signatureLine(text)}`,
        }),
        "a signature over the text and the empty line": withParts({
          checkpoint: `${signed}\n${ledger.signatureLine(`${signed}\n`)}`,
        }),
        "a signature over something else after ours": withLine(ledger.signatureLine("something else\n")),
        "a signature over something else before ours": sampleProof.replace(
          "\n\n—",
          `\n\n${ledger.signatureLine("something else\n")}—`,
        ),
        "a signature of 63 bytes": withParts({ checkpoint: ledger.note(signed, Buffer.alloc(63)) }),
        "a hyphen for the dash": sampleProof.replace("—", "-"),
        "an en dash for the dash": sampleProof.replace("—", "–"),
        "two spaces after the dash": sampleProof.replace("— ", "—  "),
        "a no-break space after the dash": sampleProof.replace("— ", "—\u00a0"),
        "a name with a plus": withLine("— a+b AAAAAAA=\n"),
        "a name with a space": withLine("— a b AAAAAAA=\n"),
        "a name with a line separator": withLine("— a\u2028b AAAAAAA=\n"),
        "a name with a next-line character": withLine("— a\u0085b AAAAAAA=\n"),
        "a stranger without a signature": withLine("— stranger \n"),
        "a stranger's signature of 4 bytes": withLine("— stranger AAAAAA==\n"),
        "a stranger's signature that is not Base64": withLine("— stranger AAAAAAA\n"),
        "a stranger's line without a name": withLine("— AAAAAAA=\n"),
        "an empty line between signatures": withLine("\n— stranger AAAAAAA=\n"),
        "text after the signatures": withLine("more\n"),
        "more signatures than anybody needs": withLine("— stranger AAAAAAA=\n".repeat(100)),
      }).map(([name, proof]) => [name, { envelope: sample, proof }] as const),
    ),
  },
};

/** As long as the key id and the signature of an ML-DSA-87 key, the longest that are in sight. */
function longSignature(): string {
  return base64(random.bytes(4 + 4627));
}

/** The last digit of a hash in Base64 has two bits that must be zero. */
function looseBits(end: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return `${digits.charAt(digits.indexOf(end.charAt(0)) + 1)}=`;
}
