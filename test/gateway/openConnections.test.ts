/* Whose connections are counted together. */
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { OpenConnections } from "../../gateway/openConnections.ts";

const hold = () => Object.assign(new EventEmitter(), { destroyed: false });

/** Whether two addresses share one place. */
function areOne(first: string, second: string): boolean {
  const open = new OpenConnections("things", { max: 10, perAddressMax: 1 });
  open.enter(first, hold());
  try {
    open.enter(second, hold());
    return false;
  } catch (error) {
    expect(error).toMatchObject({ extensions: { code: "OVERLOADED" } });
    return true;
  }
}

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["192.0.2.1", "::ffff:192.0.2.1"],
  ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"],
  ["2001:db8::1", "2001:DB8:0:0:1::"],
  ["2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002::"],
  ["::1", "0:0:0:0:1::"],
  ["1:2:3::4", "1:2:3:0:5::"],
  ["fe80::1%eth0", "fe80::2"],
])("%s and %s are one client's", (first, second) => {
  expect(areOne(first, second)).toBe(true);
});

test.each([
  ["192.0.2.1", "192.0.2.2"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2"],
  ["::ffff:192.0.2.1", "::1"],
  ["2001:db8:0:1::1", "2001:db8:0:2::1"],
  ["2001:db8::1", "2001:db8:0:1::1"],
  ["1::2:3:4:5:6:7", "1::3:3:4:5:6:7"],
  ["2001:db8::1", "192.0.2.1"],
])("%s and %s are of two", (first, second) => {
  expect(areOne(first, second)).toBe(false);
});

test("a place is free again when whoever had it has gone, by whichever address", () => {
  const open = new OpenConnections("things", { max: 10, perAddressMax: 1 });
  const first = hold();
  open.enter("2001:db8::1", first);
  expect(() => open.enter("2001:db8::2", hold())).toThrow("Too many things are open.");
  first.emit("close");
  expect(open.count).toBe(0);
  open.enter("2001:db8::2", hold());
});
