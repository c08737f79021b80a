/** The key that the coins of the pool belong to. It enters here, from a file or from the environment, and never leaves; the database never sees it. */
import { open } from "node:fs/promises";
import { encodeBase58AddressFormat, encodeLockingBytecodeP2pkh, hash160 } from "@bitauth/libauth";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { writeSecretFile } from "../../secretFile.ts";

/** The wallet key cannot be used. The message says why and what to do; it never contains the key. */
export class WalletKeyError extends Error {
  override readonly name = "WalletKeyError";
}

/** Which chain an address is for. */
export type ChainNetwork = "main" | "test" | "regtest";

const GROUP_AND_OTHERS = 0o077;
/** Of addresses that begin with 1, and with m or n. */
const ADDRESS_VERSIONS: Readonly<Record<ChainNetwork, number>> = { main: 0x00, test: 0x6f, regtest: 0x6f };
const SELF_TEST = new Uint8Array(32).fill(1);

/** A secp256k1 key that signs transactions. Its private half is out of reach of logs, JSON and `util.inspect`. */
export class WalletKey {
  readonly #privateKey: Uint8Array;
  /** The compressed public key: 33 bytes. */
  readonly publicKey: Uint8Array;
  /** The script of its coins (P2PKH): 25 bytes, as 50 lower-case hexadecimal characters. */
  readonly script: string;

  /** @param hex 64 hexadecimal characters */
  constructor(hex: string) {
    if (!/^[0-9a-f]{64}$/i.test(hex)) throw new WalletKeyError("The wallet key is not 64 hexadecimal characters.");
    this.#privateKey = Buffer.from(hex, "hex");
    if (!secp256k1.utils.isValidSecretKey(this.#privateKey)) {
      throw new WalletKeyError(
        "The wallet key is no key of secp256k1: make one with `golden-press wallet create FILE`.",
      );
    }
    this.publicKey = secp256k1.getPublicKey(this.#privateKey, true);
    this.script = Buffer.from(encodeLockingBytecodeP2pkh(hash160(this.publicKey))).toString("hex");
    if (secp256k1.verify(this.sign(SELF_TEST), SELF_TEST, this.publicKey, { prehash: false, format: "der" })) return;
    throw new WalletKeyError(
      "The wallet key failed its self-test: make another with `golden-press wallet create FILE`.",
    );
  }

  /** Signs a digest of 32 bytes (RFC 6979, low S): DER, the same for the same digest, for ever. */
  sign(digest: Uint8Array): Uint8Array {
    return secp256k1.sign(digest, this.#privateKey, { prehash: false, lowS: true, format: "der" });
  }

  /** Where coins are sent to for it (base58check, P2PKH). */
  address(network: ChainNetwork): string {
    return encodeBase58AddressFormat(ADDRESS_VERSIONS[network], hash160(this.publicKey));
  }
}

/**
 * Reads a wallet key from its file.
 *
 * @throws {WalletKeyError} when the file is missing, can be read by others than its owner, or holds no key
 */
export async function readWalletKey(file: string): Promise<WalletKey> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new WalletKeyError(`The wallet key ${file} cannot be opened (${error.code}).`);
    throw new WalletKeyError(`There is no wallet key ${file}: make one with \`golden-press wallet create ${file}\`.`);
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new WalletKeyError(`The wallet key ${file} is not a file.`);
    if ((status.mode & GROUP_AND_OTHERS) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, "0");
      throw new WalletKeyError(`Others may read the wallet key ${file} (mode ${mode}): run \`chmod 600 ${file}\`.`);
    }
    return new WalletKey((await handle.readFile("utf8")).trim());
  } finally {
    await handle.close();
  }
}

/**
 * Makes a new wallet key and writes it, for its owner only, to a file that must not exist yet. It is on the disk when this returns.
 *
 * @throws {WalletKeyError} when the file exists: a key is never overwritten
 */
export async function createWalletKey(file: string): Promise<WalletKey> {
  const hex = Buffer.from(secp256k1.utils.randomSecretKey()).toString("hex");
  const isNew = await writeSecretFile(file, `${hex}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new WalletKeyError(`The wallet key ${file} cannot be written (${error.code}).`);
  });
  if (!isNew) throw new WalletKeyError(`${file} exists already, and a key is never overwritten.`);
  return new WalletKey(hex);
}
