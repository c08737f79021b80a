/** The key ceremony: `golden-press keys split` and `keys combine`. How five people hold it, step by step: docs/keys.md. */
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeSecretFile } from "../secretFile.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { combineShares, readPrivateKey, splitKey } from "./keyShares.ts";

export interface SplitOptions {
  readonly shares: number;
  readonly threshold: number;
  /** The folder of the shares; it is made when it is not there. */
  readonly out: string;
}

export interface CombineOptions {
  /** Of the key that is wanted, in hexadecimal. */
  readonly publicKey: string;
  readonly out: string;
}

const OWNER_ONLY_FOLDER = 0o700;

/** `golden-press keys split`: writes the shares of a key to files of their own, and prints their names. */
export async function splitKeyFile(file: string, { shares: count, threshold, out }: SplitOptions): Promise<void> {
  const key = await readPrivateKey(file);
  try {
    const { ceremony, texts, combinationCount } = await splitKey(key, count, threshold);
    const files = texts.map((_, place) => join(out, `share-${place + 1}-of-${count}.txt`));
    await writeAll(out, files, texts);
    console.error(
      [
        `Ceremony ${ceremony}: any ${threshold} of these ${count} shares give the key ${key.publicKey} back; all ${combinationCount} combinations were tried.`,
        `Give each to somebody else, and keep no two together. The key itself is still in ${file}.`,
      ].join("\n"),
    );
    console.log(files.join("\n"));
  } finally {
    key.secret.fill(0);
  }
}

/** `golden-press keys combine`: writes the key that shares give back to a new file, for its owner only. */
export async function combineKeyFile(files: readonly string[], { publicKey, out }: CombineOptions): Promise<void> {
  if (!/^([0-9a-f]{64}|0[23][0-9a-f]{64})$/.test(publicKey)) {
    throw new CommandError(
      "--public-key is the public key in lower-case hexadecimal: 64 characters of a key that signs, 66 of a wallet's.",
      EXIT.usage,
    );
  }
  await requireNew([out]);
  const named = await Promise.all(files.map(async (name) => ({ name, text: await readText(name) })));
  const key = await combineShares(named, publicKey);
  try {
    await writeNew(out, key.text);
    const written = await readPrivateKey(out); // As a worker will read it.
    const isSame = written.publicKey === publicKey;
    written.secret.fill(0);
    if (!isSame) throw new CommandError(`${out} does not hold the key that was written to it: use no such disk.`);
  } finally {
    key.secret.fill(0);
  }
  console.error(`Wrote the private key ${out} (mode 0600).`);
  console.log(key.publicKey);
}

/** All of the files, or none: what was written before one could not be is taken back. */
async function writeAll(folder: string, files: readonly string[], texts: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  await requireNew(files);
  const written: string[] = [];
  try {
    for (const [place, file] of files.entries()) {
      await writeNew(file, texts[place] ?? "");
      written.push(file);
      if ((await readText(file)) !== texts[place]) throw new CommandError(`${file} does not hold what was written.`);
    }
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  }
}

async function requireNew(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw alreadyThere(file);
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  const isNew = await writeSecretFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be written (${error.code}).`);
  });
  if (!isNew) throw alreadyThere(file);
}

function alreadyThere(file: string): CommandError {
  return new CommandError(`${file} exists already, and neither a key nor a share is ever overwritten.`);
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code}).`, EXIT.usage);
  });
}
