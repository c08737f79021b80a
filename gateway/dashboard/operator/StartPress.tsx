import { useState } from "react";
import { Confirm } from "../parts/Confirm.tsx";
import { Notice } from "../parts/Notice.tsx";
import { PressStanding } from "../press/PressDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import { useReading } from "../press/useReading.ts";
import { StartPress as StartPressDocument } from "./OperatorDocuments.ts";

const NOTHING = {};

/** Lets a stopped press go on, with a reason that is kept. */
export function StartPress() {
  const press = usePress();
  const { data } = useReading(PressStanding, NOTHING, "standing");
  const [isAsking, setIsAsking] = useState(false);
  const stopReason = data?.pressStopReason ?? null;
  if (stopReason === null) return null;
  const start = async (reason: string) => {
    const outcome = await press.order(StartPressDocument, { reason });
    press.touch("standing");
    return "problem" in outcome ? outcome.problem : null;
  };
  return (
    <Notice tone="warning" title="The press is stopped">
      <p>{stopReason}</p>
      <p>
        <button type="button" className="button" onClick={() => setIsAsking(true)}>
          Start the press …
        </button>
      </p>
      {isAsking ? (
        <Confirm
          title="Start the press?"
          confirmLabel="Start it"
          typed="start the press"
          reasonLabel="Why it may run again"
          onConfirm={start}
          onClose={() => setIsAsking(false)}
        >
          <p>
            It was stopped because something did not fit. Start it only when you know why, and that it is put right.
          </p>
        </Confirm>
      ) : null}
    </Notice>
  );
}
