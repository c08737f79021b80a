import type { Identity } from "./auth.ts";

/** The longest time that a timer takes. */
const TIMER_MILLISECONDS_MAX = 2 ** 31 - 1;

/** Calls `callback` once the token of the caller has expired; returns what stops that. */
export function whenExpired({ expiresAt }: Identity, callback: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (expiresAt === null) return;
    const left = expiresAt - Date.now();
    if (left <= 0) callback();
    else timer = setTimeout(look, Math.min(left, TIMER_MILLISECONDS_MAX));
  };
  look();
  return () => clearTimeout(timer);
}
