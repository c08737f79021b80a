import { expect, test } from "vitest";
import { ByteCache } from "../../gateway/byteCache.ts";

const keptOf = (cache: ByteCache<Buffer>, keys: string) => [...keys].filter((key) => cache.get(key) !== undefined);

test("what was not used for longest makes room", () => {
  const cache = new ByteCache<Buffer>(30);
  for (const key of "abc") cache.set(key, Buffer.alloc(10));
  cache.get("a");
  cache.set("d", Buffer.alloc(10));
  expect(keptOf(cache, "abcd")).toEqual(["a", "c", "d"]);
});

test("a large value takes the room of many, one that is larger than everything is not kept", () => {
  const cache = new ByteCache<Buffer>(30);
  for (const key of "abc") cache.set(key, Buffer.alloc(10));
  cache.set("d", Buffer.alloc(25));
  expect(keptOf(cache, "abcd")).toEqual(["d"]);
  cache.set("e", Buffer.alloc(31));
  expect(keptOf(cache, "abcde")).toEqual([]);
});

test("another value under the same key takes the place of the first", () => {
  const cache = new ByteCache<Buffer>(30);
  for (let round = 0; round < 10; round += 1) cache.set("a", Buffer.alloc(20));
  cache.set("b", Buffer.alloc(10));
  expect(keptOf(cache, "ab")).toEqual(["a", "b"]);
});
