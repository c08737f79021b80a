import { test } from "vitest";
import { BrowserPress } from "./browserPress.ts";
test("x", async () => {
  const press = await BrowserPress.start();
  const v = await press.visit();
  v.page.context().setDefaultTimeout(4000);
  v.page.on("response", (r) => console.log(r.status(), r.request().method(), r.url()));
  v.page.on("requestfailed", (r) => console.log("failed", r.url(), r.failure()?.errorText));
  await v.signIn("alice").catch((e) => console.log(String(e).slice(0, 200)));
  console.log(await v.page.locator("body").innerText(), v.complaints);
  console.log(await v.page.evaluate(async () => { const r = await fetch("/session", {method:"POST", headers:{"content-type":"application/json"}, body: JSON.stringify({name:"a", operator:false})}); return [r.status, await r.text()] }));
  await press.close();
});
