// Forms: what is wrong stands at its field, nobody's change is lost, and who may only look finds nothing to press.

import { type Daemon, expect, keep, signIn, startDemo, test, USER } from "./daemon";

test.describe("a form", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "5", "--agents", "2");
  });
  test.afterAll(() => daemon.kill());

  test("says at the field what is wrong, asks before it is left, and saves", async ({ page, complaints }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Plans" }).click();
    await page.getByRole("link", { name: "New plan" }).click();
    await page.getByLabel("Name").fill("Careful plan");
    await page.getByLabel("Dial timeout", { exact: true }).fill("601");
    await page.getByRole("button", { name: "Create plan" }).click();
    await expect(page.getByText("Expected: 1 s to 10 min.")).toBeVisible();
    await expect(page.getByLabel("Dial timeout", { exact: true })).toBeFocused();
    await page.getByLabel("Dial timeout", { exact: true }).fill("25");
    await page.getByRole("textbox", { name: "Trunk" }).fill("no such trunk!");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Create plan" }).click();
    await expect(page.getByRole("textbox", { name: "Trunk" })).toHaveAttribute("aria-invalid", "true");
    await keep(page, "plan-wrong-1440-light");
    // The browser itself notes each answer that says no.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("422"))).toEqual([]);
    await page.getByRole("link", { name: "Agents" }).click();
    await expect(page.getByRole("dialog")).toContainText("Leave without saving?");
    await page.getByRole("button", { name: "Stay" }).click();
    await page.getByRole("textbox", { name: "Trunk" }).fill("carrier");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Create plan" }).click();
    await expect(page.getByRole("row").filter({ hasText: "Careful plan" })).toContainText("carrier");
  });

  test("tells what somebody else has changed meanwhile, and keeps what is wanted", async ({ page, complaints }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Plans" }).click();
    await page.getByRole("link", { name: "Demo plan" }).click();
    await expect(page.getByLabel("Dial timeout", { exact: true })).toHaveValue("8");
    const id = page.url().split("/").pop();
    const answer = await page.request.patch(`${daemon.url}/api/v1/plans/${id}`, { data: { caller_id: "4930999" }, headers: { "X-Requested-With": "test" } });
    expect(answer.status()).toBe(200);
    await page.getByLabel("Dial timeout", { exact: true }).fill("9");
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog", { name: /Somebody else changed this plan/ });
    await expect(dialog.getByRole("row").filter({ hasText: "Caller ID" })).toContainText("4930999");
    await keep(page, "conflict-1440-light");
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("412"))).toEqual([]);
    await dialog.getByRole("button", { name: "Keep my changes, and look again" }).click();
    await expect(page.getByLabel("Caller ID")).toHaveValue("4930999");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Plans" })).toBeVisible();
    const plan = await (await page.request.get(`${daemon.url}/api/v1/plans/${id}`)).json();
    expect(plan).toMatchObject({ caller_id: "4930999", dial_timeout_ms: 9000 });
  });

  test("of a campaign makes a destination beside it, and sets days and times", async ({ page }) => {
    await signIn(page, daemon.url);
    await page.goto(`${daemon.url}/campaigns/new`);
    await page.getByLabel("Name").fill("By schedule");
    await page.getByRole("button", { name: "New destination" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByLabel("Name").fill("Announcement");
    await drawer.getByLabel("Context").fill("announcements");
    await drawer.getByLabel("Exten", { exact: true }).fill("100");
    await drawer.getByRole("button", { name: "Create destination" }).click();
    await expect(drawer).toBeHidden();
    await page.getByText("Mon", { exact: true }).click();
    await page.getByText("Fri", { exact: true }).click();
    await page.getByLabel("From").fill("09:00:00");
    await page.getByRole("button", { name: "Create campaign" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "By schedule" })).toBeVisible();
    const id = page.url().split("/").pop();
    const campaign = await (await page.request.get(`${daemon.url}/api/v1/campaigns/${id}`)).json();
    expect(campaign.schedule).toMatchObject({ day_list: "1,5", time_start: "09:00:00", enabled: false });
    await page.getByRole("link", { name: "Destinations" }).click();
    await expect(page.getByRole("row").filter({ hasText: "Announcement" })).toContainText("By schedule");
  });
});

test.describe("settings", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "5", "--agents", "2");
  });
  test.afterAll(() => daemon.kill());

  test("show the servers, make a user and a token, and tell who did what; a viewer finds nothing to press", async ({ page }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Settings" }).click();
    await expect(page.getByRole("region", { name: "Asterisk pbxsim" })).toContainText("Ready");
    await expect(page.getByRole("table", { name: "Trunks of pbxsim" })).toContainText("carrier");

    await page.getByRole("tab", { name: "Users" }).click();
    await page.getByRole("button", { name: "New user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("vera");
    await dialog.getByLabel("Password", { exact: true }).fill("only looks on");
    await dialog.getByRole("textbox", { name: "Role" }).click();
    await page.getByRole("option", { name: "Viewer" }).click();
    await dialog.getByText("Must be changed at the first sign-in").click();
    await dialog.getByRole("button", { name: "Create user" }).click();
    await expect(page.getByRole("row").filter({ hasText: "vera" })).toContainText("Viewer");

    await page.getByRole("tab", { name: "Tokens" }).click();
    await page.getByRole("button", { name: "New token" }).click();
    await dialog.getByLabel("Name").fill("crm");
    await dialog.getByRole("button", { name: "Create token" }).click();
    const token = (await dialog.getByLabel("The token").textContent()) ?? "";
    const asked = await fetch(`${daemon.url}/api/v1/campaigns`, { headers: { Authorization: `Bearer ${token}` } });
    expect(asked.status).toBe(200);
    await keep(page, "token-1440-light");
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Actions of crm" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete token" }).click();
    await expect(page.getByRole("row").filter({ hasText: "crm" })).toHaveCount(0);

    await page.getByRole("tab", { name: "Audit log" }).click();
    await expect(page.getByRole("table", { name: "Audit log" })).toContainText(`${USER.name}`);
    await expect(page.getByRole("row").filter({ hasText: "created user" }).filter({ hasText: "vera" })).toContainText("Done");

    await page.getByRole("button", { name: /Signed in as admin/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("Name").fill("vera");
    await page.getByLabel("Password", { exact: true }).fill("only looks on");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
    for (const place of ["", "lists", "plans", "destinations"]) {
      await page.goto(`${daemon.url}/${place}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByRole("link", { name: /^New / })).toHaveCount(0);
      await expect(page.getByRole("button", { name: /^(New|Actions of) / })).toHaveCount(0);
    }
    await page.goto(`${daemon.url}/plans`);
    await page.getByRole("link", { name: "Demo plan" }).click();
    await expect(page.getByLabel("Name")).toBeDisabled();
    await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
    await page.goto(`${daemon.url}/settings`);
    await expect(page.getByRole("tab")).toHaveCount(2);
  });
});
