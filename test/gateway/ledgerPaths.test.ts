import { describe, expect, test } from "vitest";
import { parseTilePath } from "../../gateway/ledgerRoutes.ts";
import { tilePath } from "../../verifier/index.ts";

describe("the path of a tile", () => {
  test.each([
    ["0/000", { level: 0, index: 0, width: 256 }],
    ["0/x001/x234/067", { level: 0, index: 1_234_067, width: 256 }],
    ["63/255.p/1", { level: 63, index: 255, width: 1 }],
    ["entries/273.p/112", { level: "entries", index: 273, width: 112 }],
    ["entries/x001/000.p/255", { level: "entries", index: 1000, width: 255 }],
  ] as const)("%s", (path, tile) => {
    expect(parseTilePath(path)).toEqual(tile);
  });

  test("is read as the SDK writes it", () => {
    for (const level of [0, 1, 6, 63, "entries"] as const) {
      for (const index of [0, 1, 999, 1000, 999_999, 1_000_000, Number.MAX_SAFE_INTEGER]) {
        for (const width of [1, 255, 256]) {
          expect(parseTilePath(tilePath(level, index, width).slice("tile/".length))).toEqual({ level, index, width });
        }
      }
    }
  });

  test.each([
    "",
    "0",
    "0/",
    "000",
    "/000",
    "0/0",
    "0/00",
    "0/0000",
    "0/1000",
    "00/000",
    "01/000",
    "64/000",
    "-1/000",
    "1e1/000",
    "data/000",
    "Entries/000",
    "0/x000",
    "0/x000/067",
    "0/x000/x001/067",
    "0/x001/x067",
    "0/001/067",
    "0/X001/067",
    "0/x01/067",
    "0/x001//067",
    "0/067/",
    "0/067.p",
    "0/067.p/",
    "0/067.p/0",
    "0/067.p/00",
    "0/067.p/01",
    "0/067.p/256",
    "0/067.p/1000",
    "0/067.p/-1",
    "0/067.p/1/",
    "0/067/1",
    "0/067.P/1",
    "0/٠٦٧",
    "0/067\n",
    " 0/067",
    "0/../000",
    // Of an index that no number here can be.
    "0/x009/x007/x199/x254/x740/992",
    `0/${"x999/".repeat(50)}999`,
  ])("not %j", (path) => {
    expect(parseTilePath(path)).toBeNull();
  });
});
