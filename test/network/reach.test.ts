import { expect, test } from "vitest";
import { reachBehind } from "../../network/reach.ts";

test.each([
  ["https://id.example", "https://id.example/keys", "network"],
  ["https://id.example", "https://keys.example/keys", "internet"],
  ["https://id.example", "https://id.example:8443/keys", "internet"],
  ["https://id.example", "https://127.0.0.1/keys", "internet"],
  ["https://id.example", "http://id.example/keys", undefined],
  ["https://id.example", "http://127.0.0.1/keys", undefined],
  ["https://10.0.0.1", "https://10.0.0.1/keys", "network"],
  ["https://10.0.0.1", "https://10.0.0.2/keys", "internet"],
  ["http://127.0.0.1:4000", "http://127.0.0.1:4000/keys", "loopback"],
  ["http://localhost:4000", "http://[::1]:5000/keys", "loopback"],
  ["http://127.0.0.1:4000", "http://id.example/keys", undefined],
  ["http://127.0.0.1:4000", "https://id.example/keys", "internet"],
])("behind %s a request to %s has the reach %s", (named, url, reach) => {
  expect(reachBehind(new URL(named), new URL(url))).toBe(reach);
});
