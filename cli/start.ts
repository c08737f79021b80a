import type { Configuration } from "../configuration.ts";
import { start as startPress } from "../start/start.ts";

/** Signals that come together are one: at Ctrl-C the terminal signals everybody, and npm passes the signal on once more. */
const SAME_SIGNAL_MILLISECONDS = 500;

/** `golden-press start`, which is `npm start`: the whole press, until Ctrl-C. */
export async function start(configuration: Configuration, options: { adopt?: boolean } = {}): Promise<void> {
  const stop = new AbortController();
  const hasten = new AbortController();
  let firstAt = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) {
        firstAt = Date.now();
        stop.abort();
      } else if (Date.now() - firstAt > SAME_SIGNAL_MILLISECONDS) {
        hasten.abort();
      }
    });
  }
  process.stdout.on("error", () => undefined); // A closed terminal must not keep us from stopping in order.
  await startPress({
    configuration,
    env: process.env,
    adopt: options.adopt ?? false,
    print: (line) => console.log(line),
    stop: stop.signal,
    hasten: hasten.signal,
  });
}
