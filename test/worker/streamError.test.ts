/* What people are told when events cannot go out. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { ForeignStreamError, streamError } from "../../worker/events/streamError.ts";

test("what a server says steers nobody's terminal: control and format characters are not repeated", () => {
  const words = "\u001b[31mred\u009b2J\u202ebackwards\nbroken\u200bend";
  const said = "[31mred 2J backwards broken end";
  const refusal = new JetStreamApiError({ code: 500, err_code: 10_000, description: words });
  expect(streamError(refusal, "nats").message).toBe(
    `JetStream of the NATS server nats refuses (10000,  ${said}): see its configuration and its log.`,
  );
  expect(streamError(new Error(words), "nats").message).toContain(`cannot be reached ( ${said}): start it`);
  expect(new ForeignStreamError(words).message).toBe(` ${said}`);
});
