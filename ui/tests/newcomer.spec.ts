// Somebody who has only the page: a list out of a file, a plan, a campaign, and what became of one customer.

import { readFile } from "node:fs/promises";
import { type Daemon, expect, fits, keep, signIn, startDemo, test } from "./daemon";

const HEADER = "Customer Name;Phone;Customer ID;City";
const rows = Array.from({ length: 999 }, (_, at) => `"Smith, ${at}";+1 (555) 020-${String(at).padStart(4, "0")};C-${at};Springfield`);
rows[1] = '"Schmidt, 1";030 555123;C-1;Berlin';
const CSV = { name: "customers.csv", mimeType: "text/csv", buffer: Buffer.from([HEADER, ...rows.slice(0, 40), "Nobody;no phone;C-9999;Springfield", ...rows.slice(40)].join("\r\n")) };

test.describe("a newcomer", () => {
  test.describe.configure({ mode: "serial" });
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "1", "--agents", "4");
  });
  test.afterAll(() => daemon.kill());

  test("imports a file, makes a plan and a campaign, starts it, and finds the result of one customer", async ({ page }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Lists" }).click();
    await page.getByRole("button", { name: "New list" }).click();
    await page.getByLabel("Name").fill("Autumn customers");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "Import into Autumn customers" })).toBeVisible();
    await page.getByLabel("CSV file").setInputFiles(CSV);
    await expect(page.getByText("First 100 rows, 1 of them cannot be taken in")).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Phone is taken as" })).toHaveValue("Number 1");
    await expect(page.getByText(/^Line 42, Phone: .* expected$/)).toBeVisible();
    await page.getByRole("textbox", { name: "City is taken as" }).click();
    await page.getByRole("option", { name: "Channel variable CITY" }).click();
    await page.getByRole("textbox", { name: "Country of numbers" }).fill("Germany");
    await page.getByRole("option", { name: "Germany (DE)" }).click();
    await expect(page.getByRole("table", { name: "First rows" })).toContainText("+4930555123");
    await keep(page, "import-1440-light");
    await page.getByRole("button", { name: "Import all rows" }).click();
    await expect(page.getByRole("heading", { name: "customers.csv is in" })).toBeVisible();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download the report" }).click();
    expect((await download).suggestedFilename()).toMatch(/^rejected-.*\.csv$/);

    await page.getByRole("link", { name: "New campaign" }).click();
    await expect(page.getByRole("textbox", { name: "Dial list" })).toHaveValue("Autumn customers");
    await page.getByLabel("Name").fill("Autumn sale");
    await page.getByRole("button", { name: "New plan" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByLabel("Name").fill("Autumn plan");
    await expect(drawer.getByRole("textbox", { name: "Queue" })).toHaveValue("sales");
    await keep(page, "new-plan-1440-light");
    await drawer.getByRole("button", { name: "Create plan" }).click();
    await expect(drawer).toBeHidden();
    await expect(page.getByRole("textbox", { name: "Plan", exact: true })).toHaveValue("Autumn plan");
    await keep(page, "new-campaign-1440-light");
    await page.getByRole("button", { name: "Create and start" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Autumn sale" })).toBeVisible();
    await expect(page.getByText("Running")).toBeVisible();

    await page.getByRole("link", { name: "Results" }).click();
    await page.getByLabel("Your key").fill("C-0");
    const found = page.getByRole("table", { name: "Results" }).getByRole("button", { name: "+15550200000" });
    await expect(found.first()).toBeVisible({ timeout: 40_000 });
    await keep(page, "found-1440-light");
    await found.first().click();
    await expect(page.getByRole("dialog")).toContainText("Smith, 0");
    await expect(page.getByRole("dialog").getByRole("region", { name: "All calls to this lead" })).toContainText("(this one)");
    await keep(page, "result-1440-light");
  });

  test("who imports the same file again takes nothing in twice", async ({ page }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Lists" }).click();
    await page.getByRole("link", { name: "Autumn customers" }).click();
    await page.getByRole("link", { name: "Import" }).click();
    await page.getByLabel("CSV file").setInputFiles(CSV);
    await page.getByRole("button", { name: "Import all rows" }).click();
    const done = page.getByRole("main").filter({ hasText: "customers.csv is in" });
    await expect(done).toContainText("0taken in");
    await expect(done).toContainText("999skipped");

    await page.getByRole("link", { name: "Show the leads" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    expect((await download).suggestedFilename()).toMatch(/^Autumn customers \d{4}-\d\d-\d\d\.csv$/);
    const file = await readFile(await (await download).path(), "utf8");
    expect(file.trimEnd().split("\r\n")).toHaveLength(1_000);
    expect(file).toContain('"Schmidt, 1",,C-1,');
    expect(file).toContain("+4930555123");
    const search = page.getByRole("region", { name: "Filter" });
    await search.getByLabel("Name").fill("sCHMIDT, 1");
    const leads = page.getByRole("table", { name: "Leads" });
    await expect(leads.getByRole("cell", { name: "C-1", exact: true })).toBeVisible();
    await expect(leads.getByRole("cell", { name: "C-3", exact: true })).toHaveCount(0);
    await search.getByLabel("Name").fill("nobody is called that");
    await expect(page.getByText("No lead of this list fits.")).toBeVisible();
  });

  test("who brings new values for leads that are there has them changed", async ({ page }) => {
    await signIn(page, daemon.url);
    await page.getByRole("link", { name: "Lists" }).click();
    await page.getByRole("link", { name: "Autumn customers" }).click();
    await page.getByRole("link", { name: "Import" }).click();
    const buffer = Buffer.from("name,number,ukey\nAnn Other,+15550200003,C-3\nSome Body,+15550299999,C-7777\n");
    await page.getByLabel("CSV file").setInputFiles({ name: "news.csv", mimeType: "text/csv", buffer });
    await page.getByText("Update", { exact: true }).click();
    await page.getByRole("button", { name: "Import 2 rows" }).click();
    const done = page.getByRole("main").filter({ hasText: "news.csv is in" });
    await expect(done).toContainText("1taken in");
    await expect(done).toContainText("1updated");
    await page.getByRole("link", { name: "Show the leads" }).click();
    await page.getByLabel("Your key").fill("C-3");
    await expect(page.getByRole("table", { name: "Leads" }).getByRole("row")).toHaveCount(2);
    await expect(page.getByRole("button", { name: "Ann Other" })).toBeVisible();
  });

  test("on a phone, in the dark, a file is dropped and nothing stands out", async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: "dark" });
    await signIn(page, daemon.url);
    await page.goto(`${daemon.url}/lists`);
    await fits(page);
    await page.getByRole("link", { name: "Autumn customers" }).click();
    await expect(page.getByRole("button", { name: "Smith, 2", exact: true })).toBeVisible();
    await fits(page);
    await page.getByRole("link", { name: "Import" }).click();
    const dropped = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
      return transfer;
    }, `${HEADER}\nAnn;+4930123456;A-1;Berlin\n`);
    await page.getByText("Drop a CSV file here").dispatchEvent("drop", { dataTransfer: dropped });
    await expect(page.getByText("1 row, which can be taken in")).toBeVisible();
    await fits(page);
    await keep(page, "import-390-dark");
    for (const place of ["/plans/new", "/campaigns/new", "/results", "/settings", "/settings/users"]) {
      await page.goto(`${daemon.url}${place}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await fits(page);
    }
    await page.goto(`${daemon.url}/plans/new`);
    await expect(page.getByLabel("Dial timeout", { exact: true })).toBeVisible();
    await keep(page, "new-plan-390-dark");
  });
});
