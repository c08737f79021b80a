import { describe, expect, it } from "vitest";
import { payloadOf, RecordKey } from "../../gateway/dashboard/publications/recordKey.ts";
import { isCanonicalObject, isSignedBy } from "../../signedRecord.ts";

const SECRET = "01".repeat(32);

describe("a key", () => {
  it("comes back from its file, and signs what the gateway and the worker take", () => {
    const key = RecordKey.make();
    const again = RecordKey.read(key.fileText);
    expect(again?.publicKey).toBe(key.publicKey);
    for (const text of ["", '{"a":1}', "é😀".repeat(500)]) {
      expect(isSignedBy(text, again?.sign(text) ?? "", key.publicKey)).toBe(true);
      expect(isSignedBy(`${text} `, again?.sign(text) ?? "", key.publicKey)).toBe(false);
    }
  });

  it("is read from the file of the command line, and from nothing else", () => {
    // The public key of the secret 01…01, as any implementation has it.
    const publicKey = "031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f";
    for (const text of [SECRET, `${SECRET}\n`, `${"0A".repeat(32)}\r\n`]) expect(RecordKey.read(text)).not.toBeNull();
    expect(RecordKey.read(SECRET)?.publicKey).toBe(publicKey);
    for (const text of [
      "",
      "x",
      `0x${SECRET}`,
      `${SECRET}00`,
      `${SECRET}\n${SECRET}`,
      "00".repeat(32),
      "ff".repeat(32),
    ])
      expect(RecordKey.read(text)).toBeNull();
  });

  it("does not show its private half", () => {
    expect(JSON.stringify(RecordKey.read(SECRET))).not.toContain("0101");
    expect(Object.values(RecordKey.read(SECRET) ?? {}).join()).not.toContain("0101");
  });
});

describe("a record", () => {
  const read = (written: string, now?: number) => {
    const made = payloadOf(written, now);
    return "payload" in made ? made.payload : made.fault;
  };

  it("is canonical, with a nonce of its own and an hour from now", () => {
    const payload = read('{ "b": 1.50, "a": "é" }', Date.UTC(2026, 10, 21, 9));
    expect(isCanonicalObject(payload)).toBe(true);
    expect(JSON.parse(payload)).toEqual({
      a: "é",
      b: 1.5,
      nonce: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_at: "2026-11-21T10:00:00.000Z",
    });
    expect(read("{}")).not.toBe(read("{}"));
  });

  it("keeps the nonce and the end that it has", () => {
    const written = '{"expires_at":"2026-11-21T10:00:00Z","nonce":"n-1"}';
    expect(read(written)).toBe(written);
  });

  it.each(["", "text", "[]", "null", "1", "{", '{"a":}'])("that is no object is none: %s", (written) => {
    expect(read(written)).toMatch(/^A record is a JSON object/);
  });

  it("keeps every member and every digit that was written", () => {
    const written = [
      '{"a":"1e400 \\\\\\" {\\"a\\":1}","b":[{"a":"b"},{"a":"b"}]}',
      '{"a":[0,0.1,1.50,1e5,100000,1E-7,9007199254740991,1e21,5e-324,-12.340e+2]}',
      '{"__proto__":{"a":1},"constructor":"é😀","":""}',
    ];
    for (const text of written) expect(JSON.parse(read(text))).toMatchObject(JSON.parse(text));
    expect(read('{"__proto__":1,"nonce":"n","expires_at":"e"}')).toBe('{"__proto__":1,"expires_at":"e","nonce":"n"}');
  });

  it.each([
    ['{"a":1e400}', /^The number 1e400 cannot/],
    ['{"a":[{"b":-1e-400}]}', /^The number -1e-400 cannot/],
    ['{"amount":12345678901234567890}', /^The number 12345678901234567890 cannot/],
    ['{"amount":9007199254740993}', /^The number 9007199254740993 cannot/],
    ['{"amount":0.1000000000000000055}', /^The number 0\.1000000000000000055 cannot/],
    ['{"a":1,"a":1}', /^A member is there twice/],
    ['{"a":{"b":"c","\\u0062":"d"}}', /^A member is there twice/],
    ['{"__proto__":1,"__proto__":2}', /^A member is there twice/],
    ['{"a":"\\ud800"}', /^A text of the record has half of a surrogate pair/],
    ['{"\\udc00":1}', /^A text of the record has half of a surrogate pair/],
  ])("of which something else would be signed than what was written is none: %s", (written, fault) => {
    expect(read(written)).toMatch(fault);
  });

  it("that is too long is none", () => {
    expect(read(JSON.stringify({ text: "é".repeat(5_000) }))).toMatch(/^A record has 10,000 bytes at most/);
  });
});
