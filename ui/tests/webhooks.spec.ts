// A program of somebody's is told of what happens; when it was not there, that is seen, and it is told again.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Daemon, expect, fits, keep, signIn, startDemo, test } from "./daemon";
import { items, keepAll, post } from "./importing";

test.describe("a webhook", () => {
  let daemon: Daemon;
  let receiver: Server;
  let answer = 503;
  const signatures: (string | undefined)[] = [];
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "1", "--agents", "1");
    receiver = createServer((request, response) => {
      request.resume();
      signatures.push(Object.keys(request.headers).find((name) => name.includes("signature")));
      response.writeHead(answer).end();
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  });
  test.afterAll(async () => {
    receiver.close();
    await daemon.kill();
  });

  test("is made, changed and deleted, and shows what became of its deliveries", async ({ page, complaints }) => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/calls`;
    await signIn(page, daemon.url);
    await page.goto(`${daemon.url}/settings/webhooks`);
    await page.getByRole("button", { name: "New webhook" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByLabel("Secret")).toHaveValue(/^[0-9a-f]{32}$/);
    await dialog.getByLabel("Address").fill("calls");
    await dialog.getByRole("button", { name: "Create webhook" }).click();
    await expect(dialog.getByLabel("Address")).toHaveAttribute("aria-invalid", "true");
    // The browser itself notes each answer that says no.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("422"))).toEqual([]);
    await keepAll(page, "webhook-form");
    await dialog.getByLabel("Address").fill(url);
    await dialog.getByLabel("Starts and stops of campaigns").check();
    await dialog.getByRole("button", { name: "Create webhook" }).click();
    const row = page.getByRole("table", { name: "Webhooks" }).getByRole("row").filter({ hasText: url });
    await expect(row).toContainText("On");

    const [campaign] = await items(page, daemon, "campaigns");
    await post(page, daemon, `campaigns/${campaign.uuid}/pause`, {});
    await row.getByRole("button", { name: url, exact: true }).click();
    const drawer = page.getByRole("dialog", { name: "Deliveries" });
    const told = drawer.getByRole("listitem").filter({ hasText: "Starts and stops of campaigns" }).filter({ hasText: "Waiting" });
    await expect(told.first()).toContainText("503");
    await keepAll(page, "deliveries");
    await drawer.getByText("Given up", { exact: true }).click();
    await expect(drawer.getByText("None", { exact: true })).toBeVisible();
    await drawer.getByText("All", { exact: true }).click();
    answer = 204;
    const waits = await told.count();
    await told.first().getByRole("button", { name: /^Send again/ }).click();
    await expect(drawer.getByRole("listitem").filter({ hasText: "Delivered" }).first()).toContainText("204");
    expect(waits).toBeGreaterThan(0);
    expect(signatures.every(Boolean)).toBe(true);
    await drawer.getByRole("button", { name: "Close" }).click();

    await page.getByRole("button", { name: `Actions of ${url}` }).click();
    await page.getByRole("menuitem", { name: "Change" }).click();
    await dialog.getByText("Switched on").click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(row).toContainText("Off");
    await fits(page);
    await keep(page, "webhooks-1440-light");
    await page.getByRole("button", { name: `Actions of ${url}` }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete webhook" }).click();
    await expect(page.getByRole("heading", { name: "No webhooks" })).toBeVisible();
  });
});
