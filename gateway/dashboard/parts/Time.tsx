import { useEffect, useState } from "react";

const MOMENT = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** A moment in the reader's zone, which is named, and for machines as the press said it. */
export function Time({ at }: { readonly at: string }) {
  return <time dateTime={at}>{MOMENT.format(new Date(at))}</time>;
}

/** How long ago a moment was, or how long it is until then; counted by the reader's clock. */
export function Ago({ at }: { readonly at: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  // A clock that is behind the press would see its present as the future.
  const milliseconds = Date.parse(at) - Math.max(now, Date.now());
  return (
    <time dateTime={at} title={MOMENT.format(new Date(at))}>
      {distance(milliseconds)}
    </time>
  );
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

function distance(milliseconds: number): string {
  for (const [unit, length] of UNITS) {
    if (Math.abs(milliseconds) >= length) return RELATIVE.format(Math.trunc(milliseconds / length), unit);
  }
  return Math.abs(milliseconds) < 10_000 ? "just now" : RELATIVE.format(Math.trunc(milliseconds / 1_000), "second");
}
