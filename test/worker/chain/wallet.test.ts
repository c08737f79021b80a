import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWalletKey, readWalletKey, WalletKey, WalletKeyError } from "../../../worker/chain/wallet.ts";

/** The private key 1, whose addresses everybody knows. */
const ONE = `${"00".repeat(31)}01`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-wallet-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the script and the addresses of the key 1", () => {
  const wallet = new WalletKey(ONE);
  expect(wallet.script).toBe("76a914751e76e8199196d454941c45d1b3a323f1433bd688ac");
  expect(wallet.address("main")).toBe("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
  expect(wallet.address("test")).toBe("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r");
  expect(wallet.address("regtest")).toBe(wallet.address("test"));
});

test("a key is made once, for its owner alone, and read again", async () => {
  const file = join(folder, "made");
  const made = await createWalletKey(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readWalletKey(file)).script).toBe(made.script);
  const before = await readFile(file);
  await expect(createWalletKey(file)).rejects.toThrow(
    new WalletKeyError(`${file} exists already, and a key is never overwritten.`),
  );
  expect(await readFile(file)).toEqual(before);
});

test("a key that others may read, that is missing, or that is none is refused, and never shown", async () => {
  const file = join(folder, "open");
  await writeFile(file, ONE);
  await chmod(file, 0o640);
  await expect(readWalletKey(file)).rejects.toThrow(
    `Others may read the wallet key ${file} (mode 0640): run \`chmod 600 ${file}\`.`,
  );
  await expect(readWalletKey(join(folder, "none"))).rejects.toThrow("make one with `golden-press wallet create");
  await expect(readWalletKey(folder)).rejects.toThrow(WalletKeyError);
  for (const text of ["00".repeat(32), "ff".repeat(32), `${ONE}00`, "hunter2"]) {
    expect(() => new WalletKey(text)).toThrow(WalletKeyError);
    expect(() => new WalletKey(text)).not.toThrow(text);
  }
});

test("the private half is in no log", () => {
  const wallet = new WalletKey("0b".repeat(32));
  expect(inspect(wallet, { depth: 9, showHidden: true }) + JSON.stringify(wallet)).not.toMatch(/0b0b0b0b|11, 11, 11/);
});
