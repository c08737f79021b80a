import { useCallback, useEffect, useRef, useState } from "react";
import type { AnyVariables, DocumentInput } from "urql";
import type { Topic } from "./PressConnection.ts";
import { usePress, useVersion } from "./PressProvider.tsx";
import type { Problem } from "./problem.ts";
import { Reader } from "./reader.ts";
import type { Outcome } from "./untilAnswered.ts";

/** What was last read, and what is wrong if the last attempt brought nothing. */
export interface Reading<Data> {
  readonly data: Data | undefined;
  readonly problem: Problem | null;
  readonly isReading: boolean;
  readonly readAgain: () => void;
}

interface State<Data> {
  readonly key: string | null;
  readonly data?: Data;
  readonly problem: Problem | null;
  readonly isReading: boolean;
}

/**
 * Reads something, and reads it again whenever the topic says that it may have changed. Answers arrive in the order in which they were made, and
 * what was read stays in view until there is something newer.
 *
 * @param variables null: nothing is read
 * @param onData told what was read, before it is shown
 */
export function useReading<Data, Variables extends AnyVariables>(
  document: DocumentInput<Data, Variables>,
  variables: Variables | null,
  topic: Topic,
  onData?: (data: Data) => void,
): Reading<Data> {
  const press = usePress();
  const version = useVersion(topic);
  const key = variables === null ? null : JSON.stringify(variables);
  const [state, setState] = useState<State<Data>>({ key, problem: null, isReading: key !== null });
  const reader = useRef<{ again: () => void; readonly startedAt: number } | null>(null);
  const take = useRef(onData);
  take.current = onData;

  useEffect(() => {
    if (key === null) return;
    setState((known) => (known.key === key ? { ...known, isReading: true } : { key, problem: null, isReading: true }));
    const onAnswer = (outcome: Outcome<Data>, isLast: boolean) => {
      if ("value" in outcome) {
        take.current?.(outcome.value);
        setState({ key, data: outcome.value, problem: null, isReading: !isLast });
      } else {
        setState((known) => ({ ...known, problem: outcome.problem, isReading: !isLast }));
      }
    };
    const made = new Reader(() => press.ask(document, JSON.parse(key) as Variables), onAnswer);
    reader.current = { again: () => made.again(), startedAt: press.version(topic) };
    made.again();
    return () => {
      made.stop();
      reader.current = null;
    };
  }, [press, document, key, topic]);

  useEffect(() => {
    if (reader.current !== null && reader.current.startedAt !== version) reader.current.again();
  }, [version]);

  const readAgain = useCallback(() => reader.current?.again(), []);
  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    problem: isCurrent ? state.problem : null,
    isReading: isCurrent ? state.isReading : key !== null,
    readAgain,
  };
}
