/* The key ceremony: a key in shares, every combination of them that gives it back, and each that does not. */
import { execFile } from "node:child_process";
import { generateKeyPairSync, hash, randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EXIT, explainError } from "../../cli/commandError.ts";
import { combineKeyFile } from "../../cli/keyCeremony.ts";
import {
  combineShares,
  formatShare,
  type KeyShare,
  type NamedShare,
  parsePrivateKey,
  parseShare,
  splitKey,
} from "../../cli/keyShares.ts";
import { createWalletKey, readWalletKey, WalletKey } from "../../worker/chain/wallet.ts";
import { createSigningKey, readSigningKey, SigningKey, writePem } from "../../worker/keys.ts";
import { cleanEnvironment, PRESS, press } from "./support.ts";

const MESSAGE = Buffer.from("a message of the test");
const PEM = writePem(generateKeyPairSync("ed25519").privateKey);
const HEX = `${Buffer.from(randomBytes(31)).toString("hex").padStart(64, "0")}\n`; // Below the order of the curve.

/** Every choice of so many of five. */
const CHOICES = Array.from({ length: 32 }, (_, bits) => [0, 1, 2, 3, 4].filter((place) => (bits >> place) & 1));
const ofSize = (size: number) => CHOICES.filter((choice) => choice.length === size);

describe("in shares", () => {
  describe.each([
    ["a key that signs tickets, checkpoints or credentials", PEM],
    ["a wallet's key", HEX],
  ])("%s", (_, text) => {
    const key = parsePrivateKey(text);
    let named: NamedShare[];
    beforeAll(async () => {
      const { texts, combinationCount } = await splitKey(key, 5, 3);
      expect(combinationCount).toBe(10);
      named = texts.map((share, place) => ({ name: `share-${place + 1}`, text: share }));
    });
    const give = (places: readonly number[], publicKey = key.publicKey) =>
      combineShares(
        places.map((place) => named[place] as NamedShare),
        publicKey,
      );

    test("comes back from every three, four and five of five, in any order, byte for byte", async () => {
      expect(ofSize(3)).toHaveLength(10);
      for (const choice of [...ofSize(3), ...ofSize(4), ...ofSize(5)]) {
        for (const places of [choice, choice.toReversed()]) expect((await give(places)).text).toBe(text);
      }
    });

    test("comes back from no two", async () => {
      for (const choice of [...ofSize(2), ...ofSize(1)]) {
        await expect(give(choice)).rejects.toThrow(
          `The key needs 3 of its 5 shares, and these are ${choice.length} (${choice.map((place) => place + 1).join(", ")})`,
        );
      }
      await expect(give([])).rejects.toThrow("There is no share.");
    });

    test("is given to nobody who wants another key", async () => {
      const other = key.publicKey.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
      await expect(give([0, 1, 2], other)).rejects.toThrow(`shares of the key ${key.publicKey}, not of ${other}`);
    });

    test("a share that was changed anywhere is named", async () => {
      const { text: share } = named[1] as NamedShare;
      const refusals = [/^share-2 was changed, or copied wrongly/, /^share-2 is no share of a key/];
      for (let place = 0; place < share.length; place += 1) {
        const character = share[place] === "0" ? "1" : "0";
        const changed = share.slice(0, place) + character + share.slice(place + 1);
        const damaged = [named[0], { name: "share-2", text: changed }, named[2]] as NamedShare[];
        const error = await combineShares(damaged, key.publicKey).catch((refusal: Error) => refusal);
        expect(refusals.some((refusal) => refusal.test((error as Error).message))).toBe(true);
      }
      for (const changed of [`${share}\n`, share.slice(0, -1), share.replaceAll("\n", "\r\n"), share + share, ""]) {
        expect(() => parseShare({ name: "share-2", text: changed })).toThrow(/^share-2 /);
      }
    });

    test("a share that is given twice is named, also under another name", async () => {
      await expect(give([0, 1, 1])).rejects.toThrow("share-2 is share 2, and so is share-2: give each share once.");
      const copy = { name: "copy", text: (named[0] as NamedShare).text };
      await expect(combineShares([...named.slice(0, 3), copy], key.publicKey)).rejects.toThrow(
        "copy is share 1, and so is share-1",
      );
    });

    test("a share of another ceremony is named, though it is of the same key", async () => {
      const { texts } = await splitKey(key, 5, 3);
      const other = { name: "other", text: texts[2] ?? "" };
      await expect(combineShares([...named.slice(0, 2), other], key.publicKey)).rejects.toThrow(
        /^other is of another ceremony \([0-9a-f]{32}\) than share-1 \([0-9a-f]{32}\)/,
      );
    });

    test("a share that was made up, with a checksum that fits, gives nothing", async () => {
      const change = (place: number, difference: Partial<KeyShare>): NamedShare => {
        const share = parseShare(named[place] as NamedShare);
        return { name: `made-up-${place + 1}`, text: formatShare({ ...share, ...difference }) };
      };
      const whole = named.slice(0, 2);
      const { data } = parseShare(named[2] as NamedShare);
      const others: [NamedShare, RegExp][] = [
        [change(2, { data: data.with(0, (data[0] ?? 0) ^ 1) }), /^These shares give another key/],
        [change(2, { data: parseShare(named[0] as NamedShare).data }), /^These shares give another key/],
        [change(2, { data: data.with(32, 0) }), /^These shares give another key/],
        [change(2, { threshold: 2 }), /^made-up-3 and share-1 are of one ceremony and contradict each other/],
        [change(2, { count: 6 }), /^made-up-3 and share-1 are of one ceremony and contradict each other/],
      ];
      for (const [madeUp, refusal] of others) {
        await expect(combineShares([...whole, madeUp], key.publicKey)).rejects.toThrow(refusal);
      }
      // All of them say that two suffice: what two give is not the key.
      const greedy = [0, 1].map((place) => change(place, { threshold: 2 }));
      await expect(combineShares(greedy, key.publicKey)).rejects.toThrow(/^These shares give another key/);
    });

    test("a share says nothing of the key: neither its bytes nor a hash of them are in it", () => {
      const secret = Buffer.from(key.secret);
      for (const share of named) {
        expect(share.text).not.toContain(secret.toString("hex"));
        expect(share.text).not.toContain(hash("sha256", secret));
      }
    });
  });

  test("the numbers of shares that cannot be meant are refused", async () => {
    const key = parsePrivateKey(PEM);
    for (const [count, threshold] of [
      [5, 1],
      [2, 3],
      [1, 1],
      [17, 3],
      [0, 0],
    ] as const) {
      await expect(splitKey(key, count, threshold)).rejects.toThrow("A key has 2 to 16 shares");
    }
    expect((await splitKey(key, 2, 2)).combinationCount).toBe(1);
    expect((await splitKey(key, 16, 8)).combinationCount).toBe(12_870);
  });

  test("what is no key of these kinds has no shares", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    const other = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    expect(() => parsePrivateKey(other)).toThrow("must be Ed25519");
    expect(() => parsePrivateKey("0".repeat(64))).toThrow("no key of secp256k1");
    expect(() => parsePrivateKey("f".repeat(63))).toThrow("not a private key in PKCS#8 PEM");
  });
});

describe("at the command line", () => {
  let folder: string;
  let publicKey: string;
  const file = (name: string) => join(folder, name);
  const share = (place: number) => file(`shares/share-${place + 1}-of-5.txt`);

  /** What the command does, and all that it says. */
  const combine = async (shares: readonly string[], key: string, out: string) => {
    const [said, complained] = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    for (const spy of [said, complained]) spy.mockImplementation(() => undefined);
    const textOf = ({ mock }: typeof said) => mock.calls.map(([text]) => `${text}\n`).join("");
    try {
      const { message, exitCode } = await combineKeyFile(shares, { publicKey: key, out }).then(
        () => ({ message: "", exitCode: EXIT.done }),
        explainError,
      );
      return { code: exitCode, stdout: textOf(said), stderr: `${textOf(complained)}${message}` };
    } finally {
      vi.restoreAllMocks();
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "golden-press-ceremony-"));
    ({ publicKey } = await createSigningKey(file("key.pem")));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a key is split into files that only their owner may read, and comes back from every three", async () => {
    const { code, stdout, stderr } = await press(["keys", "split", file("key.pem"), "--out", file("shares")]);
    expect([code, stdout]).toEqual([0, [0, 1, 2, 3, 4].map((place) => `${share(place)}\n`).join("")]);
    expect(stderr).toContain(`any 3 of these 5 shares give the key ${publicKey} back; all 10 combinations were tried.`);
    for (const place of [0, 1, 2, 3, 4]) expect((await stat(share(place))).mode & 0o777).toBe(0o600);
    expect((await stat(file("shares"))).mode & 0o777).toBe(0o700);
    const key = await readFile(file("key.pem"), "utf8");
    const signature = new SigningKey(key).sign(MESSAGE);
    for (const [place, choice] of ofSize(3).entries()) {
      const out = file(`again-${choice.join("")}.pem`);
      const args = ["keys", "combine", ...choice.map(share), "--public-key", publicKey, "--out", out];
      // One by its own process; the others, which would take as long each, in this one.
      expect(place === 0 ? await press(args) : await combine(choice.map(share), publicKey, out)).toEqual({
        code: 0,
        stdout: `${publicKey}\n`,
        stderr: `Wrote the private key ${out} (mode 0600).\n`,
      });
      expect((await stat(out)).mode & 0o777).toBe(0o600);
      expect((await readSigningKey(out)).sign(MESSAGE)).toEqual(signature);
    }
  }, 60_000);

  test("a wallet's key comes back too, from two of three, and signs the same", async () => {
    const wallet = await createWalletKey(file("wallet.key"));
    const hex = Buffer.from(wallet.publicKey).toString("hex");
    expect(await press(["keys", "public", file("wallet.key")])).toEqual({ code: 0, stdout: `${hex}\n`, stderr: "" });
    const split = ["keys", "split", file("wallet.key"), "--shares", "3", "--threshold", "2", "--out", file("coins")];
    const { stdout } = await press(split);
    const [, second = "", third = ""] = stdout.split("\n");
    const combine = ["keys", "combine", second, third, "--public-key", hex, "--out", file("again.key")];
    expect(await press(combine)).toMatchObject({ code: 0, stdout: `${hex}\n` });
    const digest = Buffer.from(hash("sha256", MESSAGE), "hex");
    const again = await readWalletKey(file("again.key"));
    expect(again.sign(digest)).toEqual(wallet.sign(digest));
    expect(again).toEqual(new WalletKey(await readFile(file("wallet.key"), "utf8").then((text) => text.trim())));
  });

  test("nothing is overwritten, and nothing is left half", async () => {
    const before = await readFile(share(0), "utf8");
    const again = await press(["keys", "split", file("key.pem"), "--out", file("shares")]);
    expect([again.code, again.stdout, again.stderr]).toEqual([
      1,
      "",
      `golden-press: ${share(0)} exists already, and neither a key nor a share is ever overwritten.\n`,
    ]);
    expect(await readFile(share(0), "utf8")).toBe(before);
    await mkdir(file("taken"));
    await writeFile(file("taken/share-3-of-5.txt"), "mine");
    const taken = await press(["keys", "split", file("key.pem"), "--out", file("taken")]);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining("share-3-of-5.txt exists already")]);
    expect(await readdir(file("taken"))).toEqual(["share-3-of-5.txt"]);
    await writeFile(file("there.pem"), "mine");
    const shares = [0, 1, 2].map(share);
    const combined = await press(["keys", "combine", ...shares, "--public-key", publicKey, "--out", file("there.pem")]);
    expect([combined.code, combined.stderr]).toEqual([1, expect.stringContaining("exists already")]);
    expect(await readFile(file("there.pem"), "utf8")).toBe("mine");
  });

  test("what is refused is named, and writes nothing", async () => {
    await writeFile(file("changed.txt"), (await readFile(share(1), "utf8")).replace("share 2 of 5", "share 4 of 5"));
    await copyFile(share(0), file("copy.txt"));
    const other = (await createSigningKey(file("other.pem"))).publicKey;
    const out = file("never.pem");
    const cases: [string[], string, number, string][] = [
      [[share(0), share(1)], publicKey, 1, "needs 3 of its 5 shares, and these are 2 (1, 2)"],
      [[share(0), file("changed.txt"), share(2)], publicKey, 1, `${file("changed.txt")} was changed`],
      [[share(0), file("copy.txt"), share(2)], publicKey, 1, `${file("copy.txt")} is share 1, and so is ${share(0)}`],
      [[share(0), file("key.pem"), share(2)], publicKey, 1, `${file("key.pem")} is no share of a key`],
      [[share(0), share(1), share(2)], other, 1, `not of ${other}`],
      [[share(0), share(1), share(2)], "abc", 2, "--public-key is the public key"],
      [[share(0), file("nowhere")], publicKey, 2, `${file("nowhere")} cannot be read (ENOENT)`],
      [[], publicKey, 2, "missing required argument 'share'"],
    ];
    for (const [place, [shares, key, code, said]] of cases.entries()) {
      const isFirstOrLast = place === 0 || place === cases.length - 1;
      const args = ["keys", "combine", ...shares, "--public-key", key, "--out", out];
      const answer = isFirstOrLast ? await press(args) : await combine(shares, key, out);
      expect([answer.code, answer.stdout, answer.stderr]).toEqual([code, "", expect.stringContaining(said)]);
    }
    expect(await readdir(folder)).not.toContain("never.pem");
  }, 30_000);

  test("a key that others may read, or that is none, is not split", async () => {
    await copyFile(file("key.pem"), file("open.pem"));
    await chmod(file("open.pem"), 0o644);
    await writeFile(file("none.pem"), "nothing", { mode: 0o600 });
    for (const [name, said] of [
      ["open.pem", "Others may read the signing key"],
      ["none.pem", "not a private key in PKCS#8 PEM"],
      ["nowhere.pem", "There is no signing key"],
    ] as const) {
      const answer = await press(["keys", "split", file(name), "--out", file("none")]);
      expect([answer.code === 0, answer.stderr]).toEqual([false, expect.stringContaining(said)]);
    }
    expect(await readdir(folder)).not.toContain("none");
  });
});

test("the ceremony of docs/keys.md goes as it is written", async () => {
  const root = join(import.meta.dirname, "../..");
  const documentation = await readFile(join(root, "docs/keys.md"), "utf8");
  const blocks = [...documentation.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = ""]) => commands);
  expect(blocks).toHaveLength(3);
  const folder = await mkdtemp(join(tmpdir(), "golden-press-keys-"));
  try {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ scripts: { press: `node ${PRESS}` } }));
    const run = promisify(execFile)("bash", ["-euc", blocks.join("\n")], { cwd: folder, env: cleanEnvironment() });
    const { stdout, stderr } = await run;
    const publicKey = (await readSigningKey(join(folder, "key.pem"))).publicKey;
    const shares = [1, 2, 3, 4, 5].map((index) => `shares/share-${index}-of-5.txt\n`).join("");
    expect(stdout).toBe(`${publicKey}\n${shares}${publicKey}\n`);
    expect(stderr).toContain("all 10 combinations were tried");
    expect(await readdir(folder)).not.toContain("again.pem");
    // The share that the page shows is one, but for what it leaves out.
    const [example = ""] = /^golden-press\/key-share.*?(?=```)/ms.exec(documentation) ?? [];
    const written = await readFile(join(folder, "shares/share-2-of-5.txt"), "utf8");
    const shape = (text: string) => text.replace(/[0-9a-f]{32,}|\(66 hex.*\)|\(64 hex.*\)/g, "…");
    expect(shape(written)).toBe(shape(example));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
