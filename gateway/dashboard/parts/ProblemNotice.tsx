import type { Problem } from "../press/problem.ts";
import { Notice } from "./Notice.tsx";

/** A problem in words: what is wrong, what is particular to this case, what to do next. */
export function ProblemNotice({
  problem,
  tone = "error",
}: {
  readonly problem: Problem;
  readonly tone?: "error" | "warning";
}) {
  return (
    <Notice tone={tone} title={problem.sentence}>
      {problem.detail === undefined ? null : <p>{problem.detail}</p>}
      {problem.hint === undefined ? null : <p>{problem.hint}</p>}
      {problem.errorId === undefined ? null : (
        <p>
          The log of the press has it as <code>{problem.errorId}</code>.
        </p>
      )}
      <p className="code-name">{problem.code}</p>
    </Notice>
  );
}
