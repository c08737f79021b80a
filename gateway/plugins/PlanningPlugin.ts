/**
 * Judges how long a plan takes by the processor, not by the clock: that a machine stood still meanwhile says nothing about the document, and the library
 * below remembers for half a minute that it refused one.
 */
import { limits } from "../limits.ts";
import { isTooLongToPlan } from "../masking.ts";
import { refusal, TRY_AGAIN } from "../refusals.ts";

/** A machine that stands still each time has no room for anybody. */
const ATTEMPTS_MAX = 5;

export function makePlanningPlugin(): GraphileConfig.Plugin {
  /** Refusals for plans that have had as much of the processor as they may. */
  const deserved = new WeakSet<object>();
  let stalls = 0;

  return {
    name: "PlanningPlugin",
    version: "1.0.0",
    grafast: {
      middleware: {
        establishOperationPlan(next, event) {
          for (let attempt = 1; ; attempt += 1) {
            const before = processorMilliseconds();
            try {
              return next();
            } catch (error) {
              if (!isTooLongToPlan(error) || deserved.has(error as object)) throw error;
              if (processorMilliseconds() - before >= limits.planningMilliseconds) {
                deserved.add(error as object);
                throw error;
              }
              if (attempt === ATTEMPTS_MAX) throw overloaded();
              stalls += 1;
              // A refusal is remembered for whoever has no more time than it was about.
              const { timeouts } = event.options;
              event.options = {
                ...event.options,
                timeouts: { ...timeouts, planning: limits.planningMilliseconds + stalls },
              };
            }
          }
        },
      },
    },
  };
}

/** Of this thread, which is the one that plans. */
function processorMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function overloaded() {
  return refusal("OVERLOADED", "The gateway is too busy to plan this right now; nothing was done.", {
    hint: TRY_AGAIN,
  });
}
