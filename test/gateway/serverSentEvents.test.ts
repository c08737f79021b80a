/* What one reader keeps of a ledger that is played here. eventRoutes.test.ts has what is sent. */
import type { Logger } from "pino";
import { expect, test } from "vitest";
import { LedgerFeed } from "../../gateway/ledgerFeed.ts";
import { EventBundles } from "../../gateway/serverSentEvents.ts";
import { makeLog } from "../worker/support.ts";
import { PlayedLedger } from "./playedLedger.ts";

test("a piece keeps no more memory than it has events", async () => {
  const played = new PlayedLedger();
  played.grow(256, { bytes: 5_000 });
  const log = makeLog() as unknown as Logger;
  const feed = new LedgerFeed({ ledger: played.makeReader(), listener: played.listener, log });
  const bundles = new EventBundles({ feed, log });
  const state = await feed.when(() => true, new AbortController().signal);
  if (state === null) throw new Error("There is no ledger.");
  const piece = await bundles.piece(100, state);
  expect(piece?.nextPlace).toBeGreaterThan(105);
  expect(piece?.bytes.byteLength).toBeLessThanOrEqual(65_536);
  expect(piece?.bytes.buffer.byteLength).toBeLessThanOrEqual(65_536);
  await feed.close();
});
