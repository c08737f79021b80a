import { describeVariables } from "../configuration.ts";
import { formatTable } from "./table.ts";

/** `golden-press config`: prints every variable of the environment, what it means and what it is now; secrets are only said to be set. */
export function config(env: NodeJS.ProcessEnv): void {
  const rows = describeVariables(env).map(({ name, value, otherwise, readBy, meaning }) => [
    name,
    value === "" ? `(${otherwise || "none"})` : value,
    readBy.join(", "),
    meaning,
  ]);
  console.log(
    formatTable(
      [{ name: "variable" }, { name: "value (or what holds without)" }, { name: "read by" }, { name: "meaning" }],
      rows,
    ),
  );
}
