import { expect, it } from "vitest";
import { repositoryOf } from "../../gateway/dashboard/you/repositoryName.ts";

it.each([
  ["alice/keys", "alice/keys"],
  ["  alice/keys ", "alice/keys"],
  ["https://github.com/alice/keys", "alice/keys"],
  ["https://github.com/alice/keys/", "alice/keys"],
  ["https://github.com/alice/keys.git", "alice/keys"],
  // What is somewhere else, or something else, is left to the press to refuse.
  ["https://elsewhere.example/alice/keys", "https://elsewhere.example/alice/keys"],
  ["https://github.com.elsewhere.example/alice/keys", "https://github.com.elsewhere.example/alice/keys"],
  ["https://github.com/alice/keys/issues/1", "alice/keys/issues/1"],
  ["javascript:alert(1)", "javascript:alert(1)"],
  ["", ""],
])("%j is the repository %j", (entered, name) => {
  expect(repositoryOf(entered, "github.com")).toBe(name);
});
