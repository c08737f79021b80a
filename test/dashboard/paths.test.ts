import { describe, expect, it } from "vitest";
import { pathOf, type Route, routeOf, safeReturn } from "../../gateway/dashboard/routing/paths.ts";

const ID = "0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11";
const ROUTES: readonly Route[] = [
  { page: "editions" },
  { page: "edition", slug: "summer-raffle" },
  { page: "tickets" },
  { page: "ticket", id: ID },
  { page: "verify" },
  { page: "ledger" },
  { page: "operator" },
  { page: "operatorEdition", slug: "summer-raffle" },
  { page: "gate" },
  { page: "you" },
  { page: "publications" },
  { page: "holders" },
  { page: "holder", id: ID },
];

describe("an address", () => {
  it.each(ROUTES)("leads to its page, and a page to its address: $page", (route) => {
    expect(routeOf(pathOf(route))).toEqual(route);
    expect(routeOf(`${pathOf(route)}/`.replace("//", "/"))).toEqual(route);
  });

  it.each([
    "/nothing",
    "/editions",
    "/editions/",
    "/editions/UPPER",
    "/editions/a--b",
    "/editions/a/b",
    "/editions/%3Cscript%3E",
    "/tickets/1",
    `/tickets/${ID.toUpperCase()}`,
    `/tickets/${ID}/more`,
    "/operator/editions",
    "/operator/editions/a/b",
    "/operator/other/a",
    "/operator/holders/alice",
    `/operator/holders/${ID}/more`,
    "/you/more",
    "//evil.example",
    "/constructor",
    "/__proto__",
  ])("leads nowhere: %s", (path) => {
    expect(routeOf(path)).toBeNull();
  });

  it("with the parameter is where one signs in, and leads back", () => {
    const route = { page: "signIn", returnPath: "/editions/summer-raffle" } as const;
    expect(pathOf(route)).toBe("/editions/summer-raffle?sign-in");
    expect(routeOf("/editions/summer-raffle", "?sign-in")).toEqual(route);
  });
});

it.each(["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "", "/nothing"])(
  "nobody is sent to %j after signing in",
  (path) => {
    expect(safeReturn(path)).toBe("/");
    expect(pathOf({ page: "signIn", returnPath: path })).toBe("/?sign-in");
  },
);
