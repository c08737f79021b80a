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
/** How often it is asked whether the press is stopped; checkpoints tell of themselves. */
const STANDING_MILLISECONDS = 30_000;

/** The state of the press at a glance: running or stopped, how large its ledger is, how old its last checkpoint, how live this page. */
export function AtAGlance() {
  const press = usePress();
  const liveness = useLiveness();
  const checkpoint = useLatestCheckpoint();
  const { data } = useReading(PressStanding, NOTHING, "standing", ({ checkpoints }) => {
    const latest = checkpoints.nodes[0];
    if (latest !== undefined) press.putCheckpoint(latest);
  });
  // A press that is stopped tells nobody by the ledger, which does not grow then.
  useEffect(() => {
    const timer = setInterval(() => press.touch("standing"), STANDING_MILLISECONDS * (0.75 + Math.random() / 2));
    return () => clearInterval(timer);
  }, [press]);
  const stopReason = data?.pressStopReason ?? null;
  const isStopped = stopReason !== null;
  // One whose ledger grows is not stopped any more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each checkpoint is a reason to ask.
  useEffect(() => {
    if (isStopped) press.touch("standing");
  }, [press, checkpoint, isStopped]);
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
