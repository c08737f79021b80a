/* The gate's camera: Chromium is given a film of a ticket's QR code in place of one. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import encodeQR from "qr";
import { afterAll, beforeAll } from "vitest";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";

everyTestRequires("chromium");

const [WIDTH, HEIGHT, MODULE, FRAMES] = [640, 480, 5, 15];

let folder: string;
let film: string;
let press: PressWithPages;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-camera-"));
  film = join(folder, "ticket.y4m");
  if (missingRequirement("chromium") !== undefined) return;
  const camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
  press = await PressWithPages.start({ chromiumArguments: [...camera, `--use-file-for-fake-video-capture=${film}`] });
});
afterAll(async () => {
  await press?.stop();
  await rm(folder, { recursive: true });
});

const test = testRequiring("chromium");

/** A film (YUV4MPEG2) of somebody who holds a QR code very still. */
function filmOf(text: string): Buffer {
  const modules = encodeQR(text, "raw", { ecc: "low", border: 4 });
  const luma = Buffer.alloc(WIDTH * HEIGHT, 200);
  const [left, top] = [WIDTH, HEIGHT].map((length) => Math.floor((length - modules.length * MODULE) / 2)) as [
    number,
    number,
  ];
  modules.forEach((row, y) => {
    row.forEach((isDark, x) => {
      for (let line = 0; line < MODULE; line += 1) {
        const start = (top + y * MODULE + line) * WIDTH + left + x * MODULE;
        luma.fill(isDark ? 20 : 235, start, start + MODULE);
      }
    });
  });
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([header, ...Array<Buffer>(FRAMES).fill(frame)]);
}

test("sees a ticket, lets its guest in once, and says at once why not the second time", async () => {
  const operator = press.database.pool("operator");
  await operator.query("select press.create_edition('filmed', 'A filmed edition', 5)");
  await operator.query("select press.open_edition('filmed')");
  const { page: guest } = await press.openPageAs("charlie", "/editions/filmed");
  await guest.getByRole("button", { name: "Take a ticket" }).click();
  await guest.getByRole("link", { name: "See ticket 1" }).click();
  await guest.getByRole("article", { name: "Verdict: recorded" }).getByText("The public ledger has it").waitFor();
  const { rows } = await operator.query<{ envelope: string }>("select envelope from press.tickets");
  await writeFile(film, filmOf(rows[0]?.envelope ?? ""));

  const { page } = await press.openPageAs("olga", "/operator/gate", { isOperator: true });
  await page.context().grantPermissions(["camera"]);
  await page.getByRole("button", { name: "Scan with the camera" }).click();
  const panel = page.getByRole("region", { name: "The guest" });
  await panel.getByText("Ticket 1 of 5, A filmed edition, of charlie").waitFor();
  await panel.getByRole("button", { name: "Redeem and let in" }).click();
  await panel.getByText("Let in", { exact: true }).waitFor();
  await guest.getByText("It was redeemed on").waitFor();
  await page.keyboard.press("Alt+n");
  await panel.getByText("This ticket was used already.").waitFor();
  await panel.getByText("ALREADY_REDEEMED").waitFor();
});
