/**
 * The private keys: the tickets', the checkpoints' and the credentials'. They enter here, from files or from the environment, and never leave:
 * everything else holds a `SigningKey`, which signs, derives the secrets of draws, and can show its public half only. Which key is for what the
 * database remembers for ever: one that was registered for a purpose is refused for any other.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  verify,
} from "node:crypto";
import { open } from "node:fs/promises";
import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { writeSecretFile } from "../secretFile.ts";
import { keyIdOf, parsePublicKey } from "../verifier/index.ts";

hashes.sha512 = (message) => hash("sha512", message, "buffer");

const GROUP_AND_OTHERS = 0o077;
/** Keeps what is derived for draws apart from all else that the key is for. */
const DRAW_SECRET = "golden-press/draw-secret/v1";
const SELF_TEST = Buffer.from("golden-press/self-test/v1");

/** The signing key cannot be used. The message says why and what to do; it never contains the key. */
export class SigningKeyError extends Error {
  override readonly name = "SigningKeyError";
}

/** An Ed25519 key that signs and checks. Its private half is out of reach of logs, JSON and `util.inspect`. */
export class SigningKey {
  readonly #seed: Uint8Array;
  readonly #publicKeyObject: KeyObject;
  /** The public key: 64 lower-case hexadecimal characters. */
  readonly publicKey: string;
  /** The first 16 hexadecimal characters of SHA-256 of the public key. */
  readonly keyId: string;

  /** @param pem an Ed25519 private key as PKCS#8 PEM; where a line behind it says what its public half is, it must be that */
  constructor(pem: string) {
    const privateKey = readPem(pem);
    this.#seed = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
    this.#publicKeyObject = createPublicKey(privateKey);
    this.publicKey = Buffer.from(this.#publicKeyObject.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
    this.keyId = keyIdOf(parsePublicKey(this.publicKey)); // parsePublicKey refuses keys of small or mixed order.
    requireNamed(pem, this.publicKey);
    this.#test();
  }

  /** Signs the bytes as RFC 8032 says: 64 bytes, the same for the same message, for ever. */
  sign(message: Uint8Array): Uint8Array {
    return sign(message, this.#seed);
  }

  /** Checks a signature with another implementation than the one that made it: node's crypto. */
  check(message: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, message, this.#publicKeyObject, signature);
  }

  /** The same on another thread, so that the next signature is made meanwhile. */
  checkMeanwhile(message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return new Promise((resolve, reject) => {
      verify(null, message, this.#publicKeyObject, signature, (error, isValid) =>
        error === null ? resolve(isValid) : reject(error),
      );
    });
  }

  /**
   * The secret of an edition's sealed draw: 32 bytes, the same for the same ledger and edition, for ever, by HKDF-SHA256 (RFC 5869). They
   * say nothing of the key, nor of another edition's secret.
   *
   * @param origin the name of the ledger
   * @param edition its slug
   */
  drawSecret(origin: string, edition: string): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#seed, DRAW_SECRET, `${origin}\n${edition}`, 32));
  }

  /** Both implementations must agree on the public key and on a signature before anything is signed with it. */
  #test(): void {
    const agrees = Buffer.from(getPublicKey(this.#seed)).toString("hex") === this.publicKey;
    if (agrees && this.check(SELF_TEST, this.sign(SELF_TEST))) return;
    throw new SigningKeyError(
      "The signing key failed its self-test: make another one with `golden-press keys create`.",
    );
  }
}

/**
 * Reads a signing key from its file.
 *
 * @throws {SigningKeyError} when the file is missing, can be read by others than its owner, or holds no Ed25519 key
 */
export async function readSigningKey(file: string): Promise<SigningKey> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new SigningKeyError(`The signing key ${file} cannot be opened (${error.code}).`);
    throw new SigningKeyError(`There is no signing key ${file}: make one with \`golden-press keys create ${file}\`.`);
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new SigningKeyError(`The signing key ${file} is not a file.`);
    if ((status.mode & GROUP_AND_OTHERS) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, "0");
      throw new SigningKeyError(`Others may read the signing key ${file} (mode ${mode}): run \`chmod 600 ${file}\`.`);
    }
    return new SigningKey(await handle.readFile("utf8"));
  } finally {
    await handle.close();
  }
}

/**
 * Makes a new signing key and writes it, for its owner only, to a file that must not exist yet. It is on the disk when this returns.
 *
 * @throws {SigningKeyError} when the file exists: a key is never overwritten
 */
export async function createSigningKey(file: string): Promise<SigningKey> {
  const pem = writePem(generateKeyPairSync("ed25519").privateKey);
  const isNew = await writeSecretFile(file, pem).catch((error: NodeJS.ErrnoException) => {
    throw new SigningKeyError(`The signing key ${file} cannot be written (${error.code}).`);
  });
  if (!isNew) throw new SigningKeyError(`${file} exists already, and a key is never overwritten.`);
  return new SigningKey(pem);
}

/**
 * The text of a key file: the private half as PKCS#8 PEM, and what its public half is. Any 32 bytes are a private key, so one with a bit that has
 * turned over would be another one, and sign; the line behind it tells. Whoever reads PEM passes over it (RFC 7468).
 */
export function writePem(privateKey: KeyObject): string {
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url").toString("hex");
  return `${privateKey.export({ format: "pem", type: "pkcs8" })}public-key ${publicKey}\n`;
}

/** A file that others made need not say it. */
function requireNamed(pem: string, publicKey: string): void {
  const named = /^public-key ([0-9a-f]{64})$/m.exec(pem)?.[1];
  if (named === undefined || named === publicKey) return;
  throw new SigningKeyError(
    "The signing key is not the one that its file says it is: the file is damaged. Put a copy of it back, or bring it back from its shares (docs/keys.md).",
  );
}

function readPem(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: "pem" });
  } catch {
    throw new SigningKeyError("The signing key is not a private key in PKCS#8 PEM (-----BEGIN PRIVATE KEY-----).");
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new SigningKeyError(`The signing key is of type ${key.asymmetricKeyType}, but must be Ed25519.`);
}
