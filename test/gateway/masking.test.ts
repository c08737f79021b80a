import type { Logger } from "pino";
import { SafeError } from "postgraphile/grafast";
import { GraphQLError, Source } from "postgraphile/graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConnectionLost, makeErrorMask } from "../../gateway/masking.ts";
import { outcomeUnknown, refusal, refusals } from "../../gateway/refusals.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { makeToken, startTestGateway } from "./testGateway.ts";

/** What the driver makes of an error of the server: it tells everything. */
function databaseError(code: string, message: string): Error {
  return Object.assign(new Error(message), {
    code,
    severity: "ERROR",
    detail: "Key (holder_slot)=(1) already exists.",
    hint: "See press_private.secret.",
    where: "PL/pgSQL function press_private.issue_batch(integer) line 7",
    schema: "press",
    table: "tickets",
    column: "holder_slot",
    constraint: "tickets_holder_slot_key",
    internalQuery: "select from press_private.secret",
  });
}

function mask(cause: Error, path: string[] | undefined = ["tickets"]) {
  const lines: Record<string, unknown>[] = [];
  const log = { error: (line: Record<string, unknown>) => lines.push(line) } as unknown as Logger;
  const masked = makeErrorMask(log)(new GraphQLError(cause.message, { path, originalError: cause }));
  return {
    lines,
    path: masked.path,
    message: masked.message,
    extensions: masked.extensions,
    json: JSON.stringify(masked),
  };
}

describe("an error of the database", () => {
  test.each(refusals.filter(({ sqlState }) => sqlState.startsWith("PR")))(
    "$name keeps its words",
    ({ name, sqlState, isRetryable }) => {
      const error = Object.assign(databaseError(sqlState, `${name}: So it is.`), {
        detail: "It is so.",
        hint: "Do so.",
      });
      const { message, extensions, lines, path } = mask(error);
      expect(message).toBe(`${name}: So it is.`);
      expect(extensions).toEqual({ code: name, retryable: isRetryable, detail: "It is so.", hint: "Do so." });
      expect(path).toEqual(["tickets"]);
      expect(lines).toEqual([]);
    },
  );

  test.each([
    ["40001", "RETRY", true],
    ["40P01", "RETRY", true],
    ["55P03", "LOCK_TIMEOUT", true],
    ["57014", "TIMEOUT", true],
    ["57P01", "OVERLOADED", true],
    ["08006", "OVERLOADED", true],
    ["53300", "OVERLOADED", true],
    ["25006", "OVERLOADED", true],
    ["42501", "NOT_ALLOWED", false],
    ["23514", "INVALID_INPUT", false],
    ["22P02", "INVALID_INPUT", false],
    ["22021", "INVALID_INPUT", false],
    ["22P05", "INVALID_INPUT", false],
    ["22003", "INVALID_INPUT", false],
    ["22008", "INVALID_INPUT", false],
  ])("%s is %s, in words of ours", (sqlState, code, retryable) => {
    const { extensions, json, lines } = mask(databaseError(sqlState, `relation "press_private.secret" is not yours`));
    expect(extensions).toMatchObject({ code, retryable });
    expect(json).not.toMatch(/holder_slot|press_|secret|issue_batch|PL\/pgSQL|Key \(/);
    expect(lines).toEqual([]);
  });

  test("that stopped a statement for its time does not say that nothing was done", () => {
    const { message, extensions } = mask(databaseError("57014", "canceling statement due to statement timeout"));
    expect(message).toBe("TIMEOUT: The request took too long.");
    expect(extensions.hint).toMatch(/may have been done.*requestOutcome/);
  });

  test.each(["53000", "53100", "53200", "53400"])(
    "%s is a want of room: nothing was done, it may be asked again, and the log gets everything",
    (sqlState) => {
      const error = databaseError(sqlState, `could not extend file "base/press_private.secret"`);
      const { extensions, json, lines } = mask(error);
      expect(extensions).toMatchObject({ code: "OVERLOADED", retryable: true });
      expect(json).not.toMatch(/press_|secret/);
      expect(lines).toEqual([{ err: error }]);
    },
  );

  test.each(["23505", "23503", "23502", "42P01", "42703", "42883", "XX000", "P0001", "PRXXX"])(
    "%s is a fault of ours: the client gets an id, the log gets everything",
    (sqlState) => {
      const error = databaseError(sqlState, `relation "press_private.secret" has a fault`);
      const { extensions, json, lines } = mask(error);
      expect(extensions).toEqual({
        code: "INTERNAL_ERROR",
        retryable: false,
        errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(json).not.toMatch(/holder_slot|press_|secret|issue_batch|PL\/pgSQL|Key \(/);
      expect(lines).toEqual([{ errorId: extensions.errorId, path: ["tickets"], err: error }]);
    },
  );

  test("with a refusal's code but not its words is nobody's business", () => {
    const { extensions, json } = mask(databaseError("PRCAP", "select secret from press_private"));
    expect(extensions.code).toBe("INTERNAL_ERROR");
    expect(json).not.toContain("secret");
  });
});

describe("an error of ours", () => {
  test.each([
    new Error("secret at /srv/press/gateway"),
    new TypeError("secret is undefined"),
    new RangeError("secret"),
  ])("%s is masked", (error) => {
    const { extensions, json, lines } = mask(error);
    expect(extensions.code).toBe("INTERNAL_ERROR");
    expect(json).not.toContain("secret");
    expect(lines).toMatchObject([{ err: error, errorId: extensions.errorId }]);
  });

  test("that says that the outcome is unknown keeps its request key", () => {
    const { extensions } = mask(outcomeUnknown("5f0c8a52-9f7e-4d5c-8c7c-1d2f6f0b7f11"));
    expect(extensions).toMatchObject({ code: "OUTCOME_UNKNOWN", requestKey: "5f0c8a52-9f7e-4d5c-8c7c-1d2f6f0b7f11" });
  });

  test("that was wrapped twice is still found", () => {
    const inner = new GraphQLError("outer", { originalError: refusal("CAP_REACHED", "None are left.") });
    expect(mask(inner).extensions.code).toBe("CAP_REACHED");
  });

  test("that says that the connection was lost is OVERLOADED", () => {
    for (const error of [
      new Error("Connection terminated unexpectedly"),
      new Error("timeout exceeded when trying to connect"),
      Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:5432"), { code: "ECONNREFUSED" }),
    ]) {
      expect(isConnectionLost(error)).toBe(true);
      const { extensions, json } = mask(error);
      expect(extensions).toMatchObject({ code: "OVERLOADED", retryable: true });
      expect(json).not.toContain("10.0.0.7");
    }
    expect(isConnectionLost(new Error("something else"))).toBe(false);
    expect(isConnectionLost(databaseError("42P01", "no"))).toBe(false);
  });

  test("of a library that is meant for people gets a code", () => {
    expect(mask(new SafeError("Invalid cursor, please enter a cursor.")).extensions.code).toBe("INVALID_INPUT");
    expect(mask(new SafeError("Execution timeout exceeded, please simplify.")).extensions.code).toBe("TIMEOUT");
    expect(mask(new SafeError("Operation took too long to plan and was aborted.")).extensions.code).toBe(
      "QUERY_TOO_COMPLEX",
    );
  });

  test("about a request that never ran is INVALID_INPUT, about one that did is a fault", () => {
    const source = new Source("{ a }");
    const neverRan = new GraphQLError("Variable is missing", { source, positions: [0] });
    expect(makeErrorMask({} as Logger)(neverRan).extensions).toMatchObject({ code: "INVALID_INPUT" });
    const { extensions } = mask(new GraphQLError("Cannot return null for non-nullable field."));
    expect(extensions.code).toBe("INTERNAL_ERROR");
  });
});

describe("over HTTP, when the database is not what the gateway thinks", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());

  test("the answer shows nothing of the inside", async () => {
    const gateway = await startTestGateway(database);
    await database.pool("superuser").query("alter table press.editions rename column title to hidden_title");
    const answer = await gateway.ask("{ editions { nodes { title } } }", { token: await makeToken("alice") });
    expect(answer.errors).toMatchObject([{ extensions: { code: "INTERNAL_ERROR", retryable: false } }]);
    expect(answer.text).not.toMatch(/hidden_title|does not exist|press\.|editions\./);
    await gateway.close();
  });
});
