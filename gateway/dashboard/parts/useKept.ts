import { useRef } from "react";

/** What was there last, for as long as there is nothing newer. */
export function useKept<Value>(value: Value | undefined): Value | undefined {
  const kept = useRef(value);
  if (value !== undefined) kept.current = value;
  return kept.current;
}
