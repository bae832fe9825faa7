// A supervisor's day in short: he signs in, sees the campaign at work, and that it has ended; by day and by night, at a desk and on a
// phone.

import { type Daemon, expect, fits, keep, signIn, startDemo, test } from "./daemon";

test.describe("a campaign at work", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "10", "--agents", "8");
  });
  test.afterAll(() => daemon.kill());

  test("is seen at work, in the dark, on a phone, and at its end", async ({ page }) => {
    await signIn(page, daemon.url);
    const row = page.getByRole("rowgroup").filter({ hasText: "Demo campaign" });
    await expect(row).toContainText("Running");
    await expect(row.getByRole("cell").nth(3)).toHaveText(/^[1-9]\d*$/);
    await expect(row).toContainText(/agent|budget|lead|call/i);
    await expect(page.getByRole("note", { name: /tells of each change at once/ })).toBeVisible();

    await page.getByRole("link", { name: "Demo campaign" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Demo campaign" })).toBeVisible();
    await expect(page.getByRole("table", { name: "Calls in flight" }).getByRole("row").nth(1)).toContainText("55500");
    await expect(page.getByRole("img", { name: /^Calls in flight\. In flight [1-9]/ })).toBeVisible();
    await expect(page.getByRole("region", { name: /why/i })).toBeVisible();

    await page.getByRole("button", { name: "Switch to dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Demo campaign" })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");

    await page.setViewportSize({ width: 390, height: 844 });
    await expect(page.getByRole("navigation", { name: "Main" })).not.toBeInViewport();
    await fits(page);
    await page.getByRole("button", { name: "Open the navigation" }).click();
    await page.getByRole("link", { name: "Agents" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Agents" })).toBeVisible();
    await expect(page.getByRole("listitem").filter({ hasText: "Agent 8" })).toBeVisible();
    await expect(page.getByRole("navigation", { name: "Main" })).not.toBeInViewport();
    await fits(page);
    await page.getByRole("button", { name: "Switch to light" }).click();

    await page.getByRole("link", { name: "Asterisk-outbound, overview" }).click();
    await fits(page);
    await expect(page.getByText("Stopped", { exact: true })).toBeVisible({ timeout: 90_000 });
    await expect(page.getByText("100 %")).toBeVisible();
    await expect(page.getByText("The list is used up", { exact: false })).toBeVisible();
    await keep(page, "ended-390-light");
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("link", { name: "Demo campaign" }).click();
    await page.getByRole("tab", { name: "Results" }).click();
    await expect(page.getByRole("table", { name: "Results" })).toContainText("Answered");
  });
});

test("who is nobody sees nothing, and a wrong password is said to be one", async ({ page, complaints }) => {
  const daemon = await startDemo("--customers", "1", "--agents", "1");
  try {
    await page.goto(`${daemon.url}/agents`);
    await page.getByLabel("Name").fill("admin");
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toContainText("do not go together");
    // The browser itself notes each answer that says no.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("401"))).toEqual([]);
    await page.getByLabel("Password", { exact: true }).fill("outbound-demo");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "Agents" })).toBeVisible();
    // What listens would complain of a daemon that dies.
    await page.close();
  } finally {
    await daemon.kill();
  }
});

test("a daemon that dies is missed at once, and the page says how old its figures are", async ({ page, complaints }) => {
  const daemon = await startDemo("--customers", "50", "--agents", "2");
  await signIn(page, daemon.url);
  await expect(page.getByRole("link", { name: "Demo campaign" })).toBeVisible();
  await daemon.kill();
  await expect(page.getByRole("alert")).toContainText("Lost the connection", { timeout: 15_000 });
  await expect(page.getByRole("link", { name: "Demo campaign" })).toBeVisible();
  await keep(page, "lost-1440-light");
  expect(complaints.splice(0).filter((complaint) => !complaint.includes("ERR_"))).toEqual([]);
});
