import { useEffect } from "react";
import { Ago } from "../parts/Time.tsx";
import { Link } from "../routing/Link.tsx";
import type { Liveness } from "./PressConnection.ts";
import { PressStanding } from "./PressDocuments.ts";
import { useLatestCheckpoint, useLiveness, usePress } from "./PressProvider.tsx";
import { useReading } from "./useReading.ts";

const LIVENESS: Readonly<Record<Liveness, readonly [word: string, meaning: string]>> = {
  connecting: ["connecting", "Looking for the press."],
  live: ["live", "What happens shows at once."],
  polling: ["polling", "The live connection is lost; what shows is read again every few seconds until it is back."],
  offline: ["offline", "The press cannot be reached. What shows is what it last said."],
};

const NOTHING = {};

/** The state of the press at a glance: running or stopped, how large its ledger is, how old its last checkpoint, how live this page. */
export function AtAGlance() {
  const press = usePress();
  const liveness = useLiveness();
  const checkpoint = useLatestCheckpoint();
  const { data } = useReading(PressStanding, NOTHING, "ledger", ({ checkpoints }) => {
    const latest = checkpoints.nodes[0];
    if (latest !== undefined) press.putCheckpoint(latest);
  });
  // A press that is stopped tells nobody by the ledger, which does not grow then.
  useEffect(() => {
    const timer = setInterval(() => press.touch("ledger"), 30_000);
    return () => clearInterval(timer);
  }, [press]);
  const stopReason = data?.pressStopReason ?? null;
  const [word, meaning] = LIVENESS[liveness];
  return (
    <section className="glance" aria-label="The press at a glance">
      <dl>
        <div>
          <dt>Press</dt>
          <dd>
            {data === undefined ? "…" : stopReason === null ? "running" : <strong className="stopped">stopped</strong>}
          </dd>
        </div>
        <div>
          <dt>Ledger</dt>
          <dd>
            <Link to={{ page: "ledger" }}>
              {checkpoint === null ? "empty" : `${Number(checkpoint.treeSize).toLocaleString()} entries`}
            </Link>
          </dd>
        </div>
        <div>
          <dt>Last checkpoint</dt>
          <dd>{checkpoint === null ? "none yet" : <Ago at={checkpoint.signedAt} />}</dd>
        </div>
        <div>
          <dt>This page</dt>
          <dd>
            {/* Not the dd itself: with another role it would be no part of the list any more. */}
            <span role="status" title={meaning} className={`liveness ${liveness}`}>
              {word}
            </span>
          </dd>
        </div>
      </dl>
      {stopReason === null ? null : (
        <p className="stop-reason" role="alert">
          The press is stopped: {stopReason}
        </p>
      )}
      {liveness === "polling" || liveness === "offline" ? <p className="liveness-meaning">{meaning}</p> : null}
    </section>
  );
}
