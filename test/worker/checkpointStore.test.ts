import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CompactTree, checkpointBody, formatVkey, leafHash, noteSignatureLine } from "../../verifier/index.ts";
import { CheckpointFile, CheckpointStoreError, formatStored } from "../../worker/checkpointStore.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { makeKey } from "./support.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-store-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ORIGIN = "press.example/ledger";
const key = makeKey();
const publicKey = Buffer.from(key.publicKey, "hex");

/** A signed checkpoint over entries 0 to size - 1, of a ledger that had no other name. */
function checkpoint(size: number, origin = ORIGIN) {
  const tree = new CompactTree();
  for (let place = 0; place < size; place += 1) tree.append(leafHash(Buffer.from(String(place))));
  const body = checkpointBody(origin, size, tree.root());
  const note = `${body}\n${noteSignatureLine(origin, publicKey, key.sign(Buffer.from(body)))}`;
  return { vkey: formatVkey(origin, publicKey), note, former: [] };
}

test("an empty store has nothing; what was written is read back, verified, also by another reader", async () => {
  const file = join(folder, "first");
  const store = new CheckpointFile(file);
  expect(await store.read()).toBe(undefined);
  await store.write(checkpoint(3));
  expect(await store.read()).toMatchObject({ ...checkpoint(3), checkpoint: { origin: ORIGIN, size: 3 } });
  await store.write(checkpoint(5));
  expect((await new CheckpointFile(file).read())?.checkpoint.size).toBe(5);
});

test("the file is the verifier key and the note as it was published; no draft stays beside it", async () => {
  const file = join(folder, "plain");
  const store = new CheckpointFile(file);
  await store.requireWritable();
  expect(await store.read()).toBe(undefined);
  await store.write(checkpoint(7));
  await store.requireWritable();
  const { vkey, note } = checkpoint(7);
  expect(await readFile(file, "utf8")).toBe(`${vkey}\n${note}`);
  expect((await readdir(folder)).filter((name) => name.startsWith("plain"))).toEqual(["plain"]);
});

test("many who write at once leave one of their checkpoints, whole", async () => {
  const file = join(folder, "race");
  await Promise.all(Array.from({ length: 20 }, (_, size) => new CheckpointFile(file).write(checkpoint(size))));
  expect((await new CheckpointFile(file).read())?.checkpoint.size).toBeLessThan(20);
});

test("the last checkpoints under earlier names stay with it, in their order", async () => {
  const file = join(folder, "renamed");
  const former = [checkpoint(9, "press.example/second"), checkpoint(7, "press.example/first")];
  await new CheckpointFile(file).write({ ...checkpoint(4), former });
  const known = await new CheckpointFile(file).read();
  expect(known?.checkpoint).toMatchObject({ origin: ORIGIN, size: 4 });
  expect(known?.former.map((one) => [one.checkpoint.origin, one.checkpoint.size])).toEqual([
    ["press.example/second", 9],
    ["press.example/first", 7],
  ]);
});

describe("damaged", () => {
  /** Changes one bit, and expects a sentence that says what to do. */
  async function expectDamaged(file: string, whole: Buffer, bit: number): Promise<void> {
    const damaged = Buffer.from(whole);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await writeFile(file, damaged);
    await expect(new CheckpointFile(file).read(), `bit ${bit}`).rejects.toThrow(
      `The checkpoint store ${file} is damaged, so nothing is signed: put its last good copy back`,
    );
  }

  test("any bit changed", async () => {
    const whole = Buffer.from(formatStored(checkpoint(3)));
    for (let bit = 0; bit < whole.length * 8; bit += 1) await expectDamaged(join(folder, "flipped"), whole, bit);
  });

  test("any byte changed of what it keeps of an earlier name", async () => {
    const former = [checkpoint(5, "press.example/earlier")];
    const whole = Buffer.from(formatStored({ ...checkpoint(3), former }));
    const start = Buffer.byteLength(formatStored(checkpoint(3)));
    for (let byte = start; byte < whole.length; byte += 1) {
      await expectDamaged(join(folder, "flipped"), whole, byte * 8 + (byte % 8));
    }
  });

  test.each([
    ["empty", ""],
    ["only a line feed", "\n"],
    ["cut off in the middle", checkpoint(3).note.slice(0, 90)],
    ["without the verifier key", checkpoint(3).note],
    ["without the signature", `${checkpoint(3).vkey}\n${checkpoint(3).note.split("\n\n")[0]}\n\n`],
    ["with another line after it", `${formatStored(checkpoint(3))}more\n`],
    ["signed by another key", `${formatVkey(ORIGIN, Buffer.from(makeKey().publicKey, "hex"))}\n${checkpoint(3).note}`],
  ])("%s", async (_what, text) => {
    const file = join(folder, "damaged");
    await writeFile(file, text);
    await expect(new CheckpointFile(file).read()).rejects.toThrow(/is damaged/);
  });
});

describe("out of reach, which is one sentence with what to do", () => {
  test.each([
    ["none/checkpoint", "written (ENOENT): its folder does not exist; make it."],
    ["file/checkpoint", "written (ENOTDIR): its folder is a file; name another."],
    ["folder", "written (EISDIR): it is a folder; name a file in it."],
  ])("%s", async (name, problem) => {
    await mkdir(join(folder, "folder"), { recursive: true });
    await writeFile(join(folder, "file"), "");
    const file = join(folder, name);
    const store = new CheckpointFile(file);
    const writing = store.write(checkpoint(3));
    await expect(writing).rejects.toThrow(CheckpointStoreError);
    await expect(writing).rejects.toThrow(`The checkpoint store ${file} cannot be ${problem}`);
  });

  test("a folder cannot be read either", async () => {
    await mkdir(join(folder, "folder"), { recursive: true });
    await expect(new CheckpointFile(join(folder, "folder")).read()).rejects.toThrow(
      "cannot be read (EISDIR): it is a folder; name a file in it.",
    );
  });

  testRequiring("mount")("a full disk, and one that is read-only; what was there stays", async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12k", "tmpfs", disk]);
    try {
      const store = new CheckpointFile(join(disk, "checkpoint"));
      await store.write(checkpoint(3));
      await writeFile(join(disk, "rest"), Buffer.alloc(4096));
      await writeFile(join(disk, "last"), Buffer.alloc(4096));
      await expect(store.write(checkpoint(4))).rejects.toThrow("written (ENOSPC): its disk is full; make room.");
      expect((await store.read())?.checkpoint.size).toBe(3);
      execFileSync("mount", ["-o", "remount,ro", disk]);
      await expect(store.requireWritable()).rejects.toThrow(
        "written (EROFS): its disk is read-only; put it on another.",
      );
      expect((await store.read())?.checkpoint.size).toBe(3);
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  test("requireWritable tells before anything is signed", async () => {
    await expect(new CheckpointFile(join(folder, "none", "checkpoint")).requireWritable()).rejects.toThrow(
      "cannot be written (ENOENT): its folder does not exist; make it.",
    );
  });
});

test("whichever bit of it has turned over, it is damaged", async () => {
  const text = formatStored(checkpoint(3));
  const file = join(folder, "flipped");
  const places = Array.from({ length: rounds(200, text.length * 8) }, (_, n) =>
    rounds(random.integer(Buffer.byteLength(text) * 8), n),
  );
  for (const bit of places) {
    const bytes = Buffer.from(text);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await writeFile(file, bytes);
    await expect(new CheckpointFile(file).read(), `bit ${bit} (seed ${seed})`).rejects.toBeInstanceOf(
      CheckpointStoreError,
    );
  }
});
