// A supervisor starts, pauses and stops a campaign.

import { type Daemon, expect, keep, signIn, startDemo, test } from "./daemon";

test.describe("a supervisor", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "400", "--agents", "3");
  });
  test.afterAll(() => daemon.kill());

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
