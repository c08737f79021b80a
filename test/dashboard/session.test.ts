import { expect, it } from "vitest";
import { callerOf, parseSession, providerPath, SIGNED_OUT } from "../../gateway/dashboard/session/session.ts";

const ALICE = {
  signedIn: true,
  subject: "alice",
  role: "holder",
  expiresAt: "2026-03-01T09:00:00.000Z",
  signIn: "trial",
};

it("a session is taken as the gateway says it", () => {
  expect(parseSession(ALICE)).toEqual(ALICE);
  expect(parseSession({ signedIn: false, signIn: "oidc" })).toEqual({ signedIn: false, signIn: "oidc" });
});

it.each([null, "yes", {}, { ...ALICE, signedIn: "true" }, { ...ALICE, role: "owner" }, { ...ALICE, subject: 7 }])(
  "%j is nobody",
  (answer) => {
    expect(parseSession(answer).signedIn).toBe(false);
  },
);

it("nothing said is nobody, and no way to sign in", () => {
  expect(parseSession(undefined)).toEqual(SIGNED_OUT);
  expect(parseSession({ signedIn: false, signIn: "password" })).toEqual(SIGNED_OUT);
});

it("the way back is one parameter, whatever is in it", () => {
  expect(new URL(providerPath("/editions/a?b=c&d"), "https://press.example").searchParams.get("return")).toBe(
    "/editions/a?b=c&d",
  );
});

it("a caller is a role and a name, which may be anything", () => {
  expect(callerOf(parseSession(ALICE))).toBe("holder:alice");
  expect(callerOf(parseSession({ ...ALICE, role: "operator", subject: "Zoë: a/b" }))).toBe(
    "operator:Zo%C3%AB%3A%20a%2Fb",
  );
  expect(callerOf(SIGNED_OUT)).toBeNull();
});
