/** Remembers what was made of documents, so that one which is sent again costs nothing. */
import { createHash } from "node:crypto";
import { LRU } from "@graphile/lru";

/** Of which only one use is known; and of those that were used again. So no flood of new documents displaces what clients use. */
const ONCE_MAX = 100;
const AGAIN_MAX = 500;
/** Longer documents are known by their hash. */
const KEY_LENGTH_MAX = 500;

export class KnownDocuments<Result extends object> {
  readonly #make: (document: string) => Result;
  readonly #once = new LRU<string, Result>({ maxLength: ONCE_MAX });
  readonly #again = new LRU<string, Result>({ maxLength: AGAIN_MAX });

  /** @param make what is to be remembered of a document; it must always be the same */
  constructor(make: (document: string) => Result) {
    this.#make = make;
  }

  /** Whether it is known from an earlier use; then it is one of those that come again. */
  recall(document: string): boolean {
    const key = keyOf(document);
    if (this.#again.get(key) !== undefined) return true;
    const known = this.#once.get(key);
    if (known !== undefined) this.#again.set(key, known);
    return known !== undefined;
  }

  /** What was made of it, or is made now. */
  get(document: string): Result {
    const key = keyOf(document);
    const known = this.#again.get(key) ?? this.#once.get(key);
    if (known !== undefined) return known;
    const made = this.#make(document);
    this.#once.set(key, made);
    return made;
  }
}

function keyOf(document: string): string {
  return document.length <= KEY_LENGTH_MAX ? document : createHash("sha256").update(document).digest("base64");
}
