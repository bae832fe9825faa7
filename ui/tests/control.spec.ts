// A supervisor starts, pauses and stops a campaign.

import { type Daemon, expect, keep, signIn, startDemo, test } from "./daemon";
import { items, post } from "./importing";

test.describe("a supervisor", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "400", "--agents", "3");
  });
  test.afterAll(() => daemon.kill());

  test("is told what keeps a campaign from dialing, in the words of the forms, and is led there", async ({ page }) => {
    await signIn(page, daemon.url);
    const [demo] = await items(page, daemon, "campaigns");
    const list = await post(page, daemon, "dial-lists", { name: "Nobody" });
    const campaign = await post(page, daemon, "campaigns", { name: "Not ready", dial_list: list.uuid });
    await page.goto(`${daemon.url}/campaigns/${campaign.uuid}`);
    const why = page.getByRole("region", { name: "Why it does not dial" });
    await expect(why).toContainText("Set the “Plan” of the campaign.");
    await why.getByRole("link", { name: "Change the campaign" }).click();
    await page.getByRole("textbox", { name: "Plan", exact: true }).click();
    await page.getByRole("option", { name: "Demo plan" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Not ready" })).toBeVisible();
    await page.getByRole("button", { name: "Start" }).click();
    await expect(why).toContainText(/list/i);
    await why.getByRole("link", { name: "Import leads" }).click();
    await expect(page.getByLabel("CSV file")).toBeAttached();

    await page.goto(`${daemon.url}/campaigns/${demo.uuid}`);
    await page.getByRole("tab", { name: "Leads" }).click();
    await page.getByRole("region", { name: "Filter" }).getByLabel("Name").fill("customer 17");
    await page.getByRole("table", { name: "Leads" }).getByRole("button", { name: "Customer 17", exact: true }).click();
    await expect(page.getByRole("dialog").getByRole("region", { name: "Calls" })).toBeVisible();
  });

  test("pauses a campaign, goes on, and hangs all up only when asked twice", async ({ page }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Demo campaign" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await expect(page.getByRole("button", { name: "Go on" })).toBeVisible({ timeout: 60_000 });
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByText("Running")).toBeVisible();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("menuitem", { name: "Force-stop" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("count as abandoned");
    await keep(page, "force-stop-1440-light");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(page.getByText("Running")).toBeVisible();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("menuitem", { name: "Force-stop" }).click();
    await dialog.getByRole("button", { name: "Hang up and stop" }).click();
    await expect(page.getByText("Stopped", { exact: true })).toBeVisible();
    await expect(page.getByText("No calls in flight")).toBeVisible();
  });
});
