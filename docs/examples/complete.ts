/* Proves that no event was left out, changed or added: the tree over all that have come has the root that the press has signed. It says so at
   each checkpoint. Elsewhere than in a checkout, import from "@golden-press/verifier". */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { CompactTree, equalHashes, LedgerVerifier, leafHash } from "../../verifier/index.ts";

const { EVENTS_URL = "http://127.0.0.1:5678/events", VKEY = "" } = process.env;
const ledger = new LedgerVerifier(VKEY);
const tree = new CompactTree();
const leaves: Uint8Array[] = [];

function take(kind: string, data: string): void {
  if (kind !== "checkpoint") return void leaves.push(leafHash(Buffer.from(JSON.stringify(JSON.parse(data).data))));
  const verdict = ledger.verifyCheckpoint(data);
  if (!verdict.isValid) throw new Error(verdict.message);
  const { size, root } = verdict.checkpoint;
  for (const leaf of leaves.splice(0, size - tree.size)) tree.append(leaf); // Later events may have come already.
  const isComplete = tree.size === size && equalHashes(tree.root(), root);
  if (!isComplete) throw new Error(`These are not the ${size} events under the checkpoint.`);
  console.log(`${size} events, none left out, changed or added`);
}

const { body } = await fetch(EVENTS_URL);
const message = { kind: "", data: [] as string[] };
for await (const line of createInterface({ input: Readable.fromWeb(body as ReadableStream) })) {
  if (line.startsWith("event: ")) message.kind = line.slice(7);
  if (line.startsWith("data: ")) message.data.push(line.slice(6));
  if (line !== "" || message.data.length === 0) continue;
  take(message.kind, message.data.join("\n"));
  Object.assign(message, { kind: "", data: [] });
}
