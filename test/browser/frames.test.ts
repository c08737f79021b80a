/* What the dashboard keeps from other pages, as a browser has it: it shows in nobody's frame, and its cookie is out of reach of scripts and of other sites. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { SESSION_COOKIE } from "../../gateway/session.ts";
import { testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";

let press: PressWithPages;
let neighbour: Server;
/** The page of the neighbour. */
let html = "";
beforeAll(async () => {
  press = await PressWithPages.start();
  neighbour = createServer((_request, response) => response.setHeader("content-type", "text/html").end(html));
  neighbour.listen(0, "127.0.0.1");
  await once(neighbour, "listening");
});
afterAll(async () => {
  neighbour?.closeAllConnections();
  neighbour?.close();
  await press?.stop();
});

const PATHS = ["/", "/tickets", "/operator/gate", "/?sign-in"];
const portOfNeighbour = () => (neighbour.address() as AddressInfo).port;

describe("another page", () => {
  testRequiring("chromium")("cannot show the dashboard in a frame, its own site's pages included", async () => {
    html = PATHS.map((path) => `<iframe src="${press.url(path)}"></iframe>`).join("");
    // By address it is of the same site, by name of another one.
    for (const host of ["127.0.0.1", "localhost"]) {
      const visitor = await press.visit();
      await visitor.page.goto(`http://${host}:${portOfNeighbour()}/`);
      const frames = () => visitor.page.frames().slice(1);
      await expect
        .poll(() => frames().map((frame) => frame.url()))
        .toEqual(PATHS.map(() => "chrome-error://chromewebdata/"));
      const texts = await Promise.all(frames().map((frame) => frame.locator("body").textContent()));
      expect(texts.join()).not.toContain("Golden Press");
      await visitor.leave();
    }
  });

  testRequiring("chromium")("cannot do anything with the session of its visitor", async () => {
    html = "<h1>neighbour</h1>";
    const visitor = await press.visit();
    const { page } = visitor;
    await visitor.signIn("alice");
    for (const host of ["127.0.0.1", "localhost"]) {
      await page.goto(`http://${host}:${portOfNeighbour()}/`);
      const status = await page.evaluate(async (url) => {
        // Sent all the same, though this page may not read the answer: it must not have done anything.
        await fetch(`${url}/session`, { method: "DELETE", mode: "no-cors", credentials: "include" }).catch(() => null);
        return fetch(`${url}/session`, { credentials: "include" }).then(
          () => "read",
          () => "out of reach",
        );
      }, press.url(""));
      expect(status).toBe("out of reach");
    }
    await visitor.open("/");
    await page.getByText("Signed in as alice").waitFor();
    await visitor.leave();
  });
});

describe("the session's cookie", () => {
  testRequiring("chromium")(
    "is out of reach of scripts, goes to its own site only, and ends with signing out",
    async () => {
      const visitor = await press.visit();
      const { page } = visitor;
      await visitor.signIn("alice");
      const [cookie, ...others] = await page.context().cookies();
      expect([cookie, others]).toMatchObject([
        { name: SESSION_COOKIE, path: "/", domain: "127.0.0.1", httpOnly: true, sameSite: "Strict", secure: false },
        [],
      ]);
      const token = cookie?.value ?? "";
      expect(token.split(".")).toHaveLength(3);
      const reach = await page.evaluate(() => [
        document.cookie,
        JSON.stringify({ ...localStorage }),
        JSON.stringify({ ...sessionStorage }),
        document.documentElement.outerHTML,
      ]);
      expect(reach[0]).toBe("");
      for (const text of reach) expect(text).not.toContain(token);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: "Sign in" }).waitFor();
      expect(await page.context().cookies()).toEqual([]);
      await visitor.leave();
    },
  );
});
