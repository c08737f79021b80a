import { createIssuer } from "./issuer.ts";

/** The issuer whose key every test of this folder verifies with, and one that it does not know. */
export const issuer = createIssuer();
export const stranger = createIssuer();

/** A good envelope to damage; its text is ASCII. */
export const sample = issuer.issue();

/** Envelopes that are valid. */
export const goodEnvelopes: Readonly<Record<string, string>> = {
  "a plain ticket": sample,
  "an edition of one word": issuer.issue({ edition: "raffle2026" }),
  "the last safe ticket number": issuer.issue({ ticket_number: Number.MAX_SAFE_INTEGER }),
  "a leap day": issuer.issue({ timestamp: "2028-02-29T23:59:59.999Z" }),
  "a recipient with quotes and backslashes": issuer.issue({ recipient: 'a "b" \\ c / d' }),
  "a recipient with control characters": issuer.issue({ recipient: "\b\t\n\f\r\u0001\u001f\u007f" }),
  "a recipient beyond ASCII": issuer.issue({ recipient: "Zoë 😀 \u2028 \ufeff \uffff \u{10ffff}" }),
  "a recipient that is not normalised": issuer.issue({ recipient: "e\u0301 é" }),
  "a recipient that looks like members": issuer.issue({ recipient: '","signature":"00","x":"' }),
  "a long recipient": issuer.issue({ recipient: "😀".repeat(255) }),
};

const signatureOf = (envelope: string) => /"signature":"([0-9a-f]{128})"/.exec(envelope)?.[1] ?? "";
const withSignature = (signature: string) => sample.replace(signatureOf(sample), signature);
const withNumber = (number: string) => sample.replace('"ticket_number":3', `"ticket_number":${number}`);
const withTime = (timestamp: string) => issuer.issue({ timestamp });

/** The signature (R, S + L): the same equation holds, so only the rule S < L refuses it. */
function malleated(): string {
  const signature = Buffer.from(signatureOf(sample), "hex");
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const S = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + order;
  const bytes = Buffer.from(S.toString(16).padStart(64, "0"), "hex").reverse();
  return withSignature(Buffer.concat([signature.subarray(0, 32), bytes]).toString("hex"));
}

/**
 * Envelopes that are refused, by reason. Where it can be, the members are properly signed as they stand, so that nothing
 * but the named flaw stands in the way.
 */
export const badEnvelopes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  INVALID_INPUT: {
    "a lone surrogate": sample.replace("charlie", "char\ud800lie"),
    "a surrogate pair in the wrong order": sample.replace("charlie", "\udc00\ud800"),
    "text beyond the longest length": issuer.issue({ recipient: "x".repeat(65_536) }),
    "only spaces, very many": " ".repeat(100_000),
  },
  NOT_CANONICAL: {
    nothing: "",
    "no JSON": "golden ticket",
    "half an envelope": sample.slice(0, 200),
    "a number": "3",
    null: "null",
    "a string": '"ticket"',
    "an array around it": `[${sample}]`,
    "many open brackets": "[".repeat(60_000),
    "an empty object": "{}",
    "a space after it": `${sample} `,
    "a newline after it": `${sample}\n`,
    "a byte order mark before it": `\ufeff${sample}`,
    "a space between members": sample.replace(',"key_id"', ', "key_id"'),
    "a space after a colon": sample.replace('"recipient":', '"recipient": '),
    indentation: JSON.stringify(JSON.parse(sample), null, 2),
    "members in another order": sample.replace(/^\{("edition":"golden-ticket"),("key_id":"[^"]*")/, "{$2,$1"),
    "the same member twice": sample.replace("{", '{"edition":"golden-ticket",'),
    "another value before the right one": sample.replace("{", '{"edition":"silver-ticket",'),
    "a member of the prototype": sample.replace("{", '{"__proto__":{},'),
    "a name with an escape": sample.replace('"edition"', '"\\u0065dition"'),
    "a value with a needless escape": sample.replace("charlie", "charli\\u0065"),
    "an escaped slash": sample.replace("golden-press/", "golden-press\\/"),
    "an upper-case escape": issuer.issue({ recipient: "a\u001f" }).replace("\\u001f", "\\u001F"),
    "a long escape for a newline": issuer.issue({ recipient: "a\n" }).replace("\\n", "\\u000a"),
    "an escaped lone surrogate": sample.replace("charlie", "\\ud800"),
    "an extra member": issuer.issue({ seat: "12" }),
    "an empty extra name": issuer.issue({ "": "" }),
    ...Object.fromEntries(
      Object.keys(JSON.parse(sample)).map((name) => [`no ${name}`, issuer.issue({ [name]: undefined })]),
    ),
    ...Object.fromEntries(
      Object.keys(JSON.parse(sample)).flatMap((name) => [
        [`${name} is null`, issuer.issue({ [name]: null })],
        [`${name} is true`, issuer.issue({ [name]: true })],
        [`${name} is a list`, issuer.issue({ [name]: [JSON.parse(sample)[name]] })],
        [`${name} is empty`, issuer.issue({ [name]: "" })],
      ]),
    ),
    "an edition with capitals": issuer.issue({ edition: "Golden-Ticket" }),
    "an edition with two hyphens": issuer.issue({ edition: "golden--ticket" }),
    "an edition that ends in a newline": issuer.issue({ edition: "golden-ticket\n" }),
    "an edition in other digits": issuer.issue({ edition: "raffle-٣" }),
    "a recipient with U+0000": issuer.issue({ recipient: "char\0lie" }),
    "a recipient that is a number": issuer.issue({ recipient: 7 }),
    "an upper-case key id": issuer.issue({ key_id: "ABCDEF0123456789" }),
    "a short key id": issuer.issue({ key_id: issuer.keyId.slice(1) }),
    "an upper-case signature": withSignature(signatureOf(sample).toUpperCase()),
    "a short signature": withSignature(signatureOf(sample).slice(2)),
    "a long signature": withSignature(`${signatureOf(sample)}00`),
    "an upper-case ticket id": issuer.issue({ ticket_id: "0D0F8F3C-6C1F-4B5E-9A53-1F8F5D7B2C11" }),
    "a ticket id in braces": issuer.issue({ ticket_id: "{0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11}" }),
    "a ticket id without hyphens": issuer.issue({ ticket_id: "0d0f8f3c6c1f4b5e9a531f8f5d7b2c11" }),
    "ticket number 0": issuer.issue({ ticket_number: 0 }),
    "a negative ticket number": issuer.issue({ ticket_number: -1 }),
    "a ticket number and a half": issuer.issue({ ticket_number: 3.5 }),
    "a ticket number beyond the safe ones": issuer.issue({ ticket_number: 2 ** 53 }),
    "a ticket number as text": issuer.issue({ ticket_number: "3" }),
    "ticket number 3.0": withNumber("3.0"),
    "ticket number 3e0": withNumber("3e0"),
    "ticket number -0": withNumber("-0"),
    "ticket number 1e999": withNumber("1e999"),
    "ticket number 03": withNumber("03"),
    "ticket number NaN": withNumber("NaN"),
    "a time without milliseconds": withTime("2026-11-21T15:09:26Z"),
    "a time with microseconds": withTime("2026-11-21T15:09:26.535000Z"),
    "a time with an offset": withTime("2026-11-21T15:09:26.535+00:00"),
    "a time in small letters": withTime("2026-11-21t15:09:26.535z"),
    "a time with a space": withTime("2026-11-21 15:09:26.535Z"),
    "a time in other digits": withTime("٢٠٢٦-11-21T15:09:26.535Z"),
    "a time with six digits of year": withTime("+002026-11-21T15:09:26.535Z"),
    "a time after the year 9999": withTime("+012026-11-21T15:09:26.535Z"),
    "the 30th of February": withTime("2026-02-30T15:09:26.535Z"),
    "the 29th of February of 2100": withTime("2100-02-29T15:09:26.535Z"),
    "month 13": withTime("2026-13-21T15:09:26.535Z"),
    "day 0": withTime("2026-11-00T15:09:26.535Z"),
    "hour 24": withTime("2026-11-21T24:00:00.000Z"),
    "minute 60": withTime("2026-11-21T15:60:26.535Z"),
    "second 60": withTime("2026-12-31T23:59:60.000Z"),
    "another type": issuer.issue({ type: "golden-press/credential/v1" }),
    "a stranger's envelope that is not canonical": `${stranger.issue()} `,
  },
  UNKNOWN_KEY: {
    "a ticket of another issuer": stranger.issue(),
    "another issuer's key id under our signature": issuer.issue({ key_id: stranger.keyId }),
    "another issuer's key id on a ticket of ours": sample.replace(issuer.keyId, stranger.keyId),
  },
  SIGNATURE_INVALID: {
    "our key id on another issuer's ticket": stranger.issue({ key_id: issuer.keyId }),
    "another number": withNumber("4"),
    "another edition": sample.replace("golden-ticket", "silver-ticket"),
    "another recipient": sample.replace("charlie", "augustus"),
    "another ticket id": sample.replace("0d0f8f3c", "1d0f8f3c"),
    "another time": sample.replace("26.535Z", "26.536Z"),
    "the signature of another ticket": withSignature(signatureOf(issuer.issue({ ticket_number: 4 }))),
    "a signature of zeros": withSignature("0".repeat(128)),
    "S + L in place of S": malleated(),
    "R and S swapped": withSignature(signatureOf(sample).slice(64) + signatureOf(sample).slice(0, 64)),
    "a signature over the text with its signature": withSignature(issuer.sign(Buffer.from(sample)).toString("hex")),
    "a signature over indented JSON": withSignature(signedIndented()),
  },
};

function signedIndented(): string {
  const { signature: _, ...members } = JSON.parse(sample);
  return issuer.sign(Buffer.from(JSON.stringify(members, null, 2))).toString("hex");
}
