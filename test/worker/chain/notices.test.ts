import { expect, test } from "vitest";
import type { Outcome } from "../../../worker/chain/broadcaster.ts";
import { Notices } from "../../../worker/chain/notices.ts";
import { makeLog } from "../support.ts";

const accepted: Outcome = { kind: "accepted" };
const silent: Outcome = {
  kind: "unknown",
  detail: "arc.example cannot be reached (ECONNREFUSED).",
  isUnanswered: true,
};
const doubtful: Outcome = { kind: "unknown", detail: "QUEUED" };

test("that the chain cannot be reached is said once, and once that it can, whichever question it did not answer", () => {
  const { lines, notices } = start();
  notices.tellOfReach("send", [accepted, doubtful]);
  notices.tellOfReach("send", [accepted, silent]);
  notices.tellOfReach("send", [silent]);
  notices.tellOfReach("look", [silent]);
  notices.tellOfReach("send", [accepted]);
  expect(lines.length).toBe(1);
  notices.tellOfReach("look", [{ kind: "mempool" }]);
  notices.tellOfReach("tip", []);
  expect(lines).toEqual([
    expect.stringMatching(/^error .*"the ARC endpoint arc.example".*ECONNREFUSED.* The chain cannot be reached: /),
    expect.stringMatching(/^info .* The chain can be reached again\.$/),
  ]);
});

test("why records wait for coins is said once for each reason, and once that they do not", () => {
  const { lines, notices } = start();
  notices.tellOfPool({ publications: 0, reason: null });
  notices.tellOfPool({ publications: 3, reason: null }); // They are about to be paid.
  notices.tellOfPool({ publications: 3, reason: "empty" });
  notices.tellOfPool({ publications: 9, reason: "empty" });
  notices.tellOfPool({ publications: 9, reason: null });
  notices.tellOfPool({ publications: 8, reason: "empty" });
  notices.tellOfPool({ publications: 8, reason: "unmined" });
  notices.tellOfPool({ publications: 0, reason: null });
  expect(lines).toEqual([
    expect.stringMatching(
      /^warn .*"mAddress","publications":3.* the pool has no coins .*`golden-press wallet fund TXID`/,
    ),
    expect.stringMatching(/^warn .*"publications":8.* wait for a block: /),
    "info The pool pays for publications again.",
  ]);
});

function start() {
  const { lines, ...log } = makeLog();
  const broadcaster = { name: "the ARC endpoint arc.example" };
  return { lines, notices: new Notices({ broadcaster, log, address: "mAddress" }) };
}
