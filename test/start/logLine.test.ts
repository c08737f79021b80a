import { expect, test } from "vitest";
import { readableLogLine } from "../../start/logLine.ts";

test.each([
  [
    '{"level":30,"time":1,"pid":2,"hostname":"h","name":"worker","keyId":"ab","msg":"The worker signs."}',
    "The worker signs. (keyId=ab)",
  ],
  [
    '{"level":50,"time":1,"name":"worker","code":"PRKEY","failures":1,"msg":"Could not sign."}',
    "error: Could not sign. (code=PRKEY, failures=1)",
  ],
  ['{"level":40,"time":1,"msg":"Slow.","query":{"ms":12}}', 'warning: Slow. (query={"ms":12})'],
  ["not a line of pino", "not a line of pino"],
  ['{"not":"a line of pino"}', '{"not":"a line of pino"}'],
  ["null", "null"],
  ["", ""],
])("%s", (line, readable) => {
  expect(readableLogLine(line)).toBe(readable);
});
