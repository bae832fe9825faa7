// Imports that are not the plain case: in other encodings, that fail, that wait for each other, that are long; and for who may only look.

import { type Daemon, expect, keep, startDemo, test, USER } from "./daemon";
import { body, choose, items, keepAll, leads, open, OWN, post, rowsOf } from "./importing";

test.describe("an import", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "1", "--agents", "2");
  });
  test.afterAll(() => daemon.kill());

  test("of UTF-16, as spreadsheets write it, shows and takes its letters", async ({ page }) => {
    const list = await open(page, daemon, "UTF-16");
    await choose(page, "sheet.csv", Buffer.from("\ufeffname\tphone\nJörg Müller €\t+4331612345\n", "utf16le"));
    await expect(page.getByRole("table", { name: "First rows" })).toContainText("Jörg Müller €");
    await expect(page.getByRole("textbox", { name: "Encoding of the text" })).toHaveValue("As it seems: UTF-16");
    await page.getByRole("button", { name: "Import 1 row" }).click();
    await expect(page.getByRole("heading", { name: "sheet.csv is in" })).toBeVisible();
    expect((await leads(page, daemon, list)).map(({ name }) => name)).toEqual(["Jörg Müller €"]);
  });

  test("whose headers are no UTF-8 is read as Windows-1252 when that is said", async ({ page, complaints }) => {
    const list = await open(page, daemon, "Mixed");
    const headers = Buffer.from("Größe;name;phone\n", "latin1");
    // So many letters of UTF-8 that the file as a whole seems to be in it.
    const rows = Buffer.from("ü;Ägidius Öhler-Übel;+4331612345\nü;Äöü Äöü;+4331612346\n", "utf8");
    await choose(page, "mixed.csv", Buffer.concat([headers, rows]));
    await expect(page.getByRole("alert")).toContainText("mixed.csv: it is not in UTF-8");
    // The browser itself notes each answer that says no.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("409"))).toEqual([]);
    await page.getByRole("button", { name: "Read it as Windows-1252" }).click();
    await expect(page.getByRole("textbox", { name: "Größe is taken as" })).toBeVisible();
    await page.getByRole("button", { name: "Import 2 rows" }).click();
    await expect(page.getByRole("heading", { name: "mixed.csv is in" })).toBeVisible();
    expect((await leads(page, daemon, list)).map(({ name }) => name)).toContain("Ã„gidius Ã–hler-Ãœbel");
  });

  test("that fails says why, and what is in", async ({ page }) => {
    const list = await open(page, daemon, "Broken");
    // More good rows than the preview reads, then a quote that nothing closes.
    await choose(page, "broken.csv", `${rowsOf(40_000)}\n"${"x".repeat(1_200_000)}`);
    await expect(page.getByText("First 100 rows, all of them can be taken in")).toBeVisible();
    await page.getByRole("button", { name: "Import all rows" }).click();
    await expect(page.getByRole("heading", { name: "The import of broken.csv has failed" })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("alert")).toContainText("The row of line 40002 is longer than 1 MiB");
    await expect(page.getByText("40,000taken in")).toBeVisible();
    await expect(page.getByText("Leads that are in stay in.")).toBeVisible();
    await keepAll(page, "import-failed");
    await page.goto(`${daemon.url}/lists/${list}?show=imports`);
    const row = page.getByRole("list", { name: "Imports" }).getByRole("listitem");
    await expect(row).toContainText("Failed");
    await expect(row).toContainText("is a quote not closed there?");
    await keepAll(page, "imports-failed");
  });

  test("of more than 8 MB is followed lead by lead, while others wait for it and one of them is cancelled", async ({ page }) => {
    test.slow();
    const content = rowsOf(800_000);
    expect(content.length).toBeGreaterThan(8_000_000);
    const list = await open(page, daemon, "Long");
    await choose(page, "long.csv", content);
    await page.getByRole("button", { name: "Import all rows" }).click();
    await expect(page.getByRole("heading", { name: "Importing long.csv …" })).toBeVisible();
    for (const [name, key] of [["second.csv", "S"], ["third.csv", "T"]] as const) {
      const data = `name,phone,ukey\nOne of ${name},+1666${key.charCodeAt(0)}00000,${key}-1\n`;
      const query = `map=name=name,phone=number1,ukey=ukey&name=${name}`;
      await body(await page.request.post(`${daemon.url}/api/v1/dial-lists/${list}/imports?${query}`, { data, headers: { ...OWN, "Content-Type": "text/csv" } }));
    }
    await page.goto(`${daemon.url}/lists/${list}`);
    const running = page.getByRole("region", { name: "Imports that run" }).getByRole("listitem");
    await expect(running).toHaveCount(3);
    await expect(running.filter({ hasText: "Waiting" }).filter({ hasText: "It waits for the imports before it." })).toHaveCount(2);
    await keepAll(page, "list-waiting");
    await page.getByRole("button", { name: "Cancel the import of second.csv" }).click();
    await expect(running).toHaveCount(2);

    // The number under the title goes on with each step that the import tells of.
    const number = (text: string | null) => Number(/([\d,]+)/.exec(text ?? "")?.[1]?.replaceAll(",", ""));
    const taken = new Set<number>();
    const shown = new Set<number>();
    await expect
      .poll(async () => {
        taken.add(number(await running.filter({ hasText: "long.csv" }).getByText("taken in").textContent()));
        shown.add(number(await page.getByText(/^[\d,]+ leads$/).textContent()));
        return [taken, shown].every((numbers) => [...numbers].some((one) => one > 0 && one < 800_000));
      }, { intervals: [200] })
      .toBe(true);

    await expect(running).toHaveCount(0, { timeout: 240_000 });
    await expect(page.getByText("800,001 leads", { exact: true })).toBeVisible();
    await page.getByRole("tab", { name: "Imports" }).click();
    const all = page.getByRole("list", { name: "Imports" }).getByRole("listitem");
    await expect(all.filter({ hasText: "long.csv" })).toContainText("800,000 taken in");
    await expect(all.filter({ hasText: "second.csv" })).toContainText("Cancelled");
    await expect(all.filter({ hasText: "third.csv" })).toContainText("1 taken in");
  });

  test("shows a wrong row with its reason in view on a phone, and no report that is gone", async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const list = await open(page, daemon, "Phone");
    await choose(page, "wide.csv", "name,phone,customer id,e-mail,note\nAnn Archer,+14155550101,A-1,ann@example.com,a long note on her\nBob,n/a,B-1,bob@example.com,another note\n");
    const reason = page.getByText(/^Line 3, phone: .* expected$/);
    await reason.scrollIntoViewIfNeeded();
    await expect(reason).toBeInViewport({ ratio: 1 });
    await page.getByRole("button", { name: "Import 2 rows" }).click();
    await expect(page.getByRole("link", { name: "Download the report" })).toBeVisible();
    await page.clock.setFixedTime(Date.now() + 31 * 86_400_000);
    await page.reload();
    await expect(page.getByText("was kept for 30 days, and is gone")).toBeVisible();
    await page.goto(`${daemon.url}/lists/${list}?show=imports`);
    await expect(page.getByRole("listitem").filter({ hasText: "wide.csv" })).toContainText("1 refused");
    await expect(page.getByRole("link", { name: /report/i })).toHaveCount(0);
  });

  test("is seen by who may only look, who is told that he may not import", async ({ page, complaints }) => {
    const list = await open(page, daemon, "Looked at");
    await choose(page, "seen.csv", "name,phone\nAnn,+14155550101\nBob,n/a\n");
    await page.getByRole("button", { name: "Import 2 rows" }).click();
    await expect(page.getByRole("heading", { name: "seen.csv is in" })).toBeVisible();
    await post(page, daemon, "users", { name: "vera", role: "viewer", password: "only looks on", must_change_password: false });
    await page.getByRole("button", { name: `Signed in as ${USER.name}, admin` }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("Name").fill("vera");
    await page.getByLabel("Password", { exact: true }).fill("only looks on");
    await page.keyboard.press("Enter");
    // The import that he came to see is shown to him too.
    await expect(page.getByRole("heading", { name: "seen.csv is in" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Another file" })).toHaveCount(0);
    // What was on its way while he signed out is answered with no.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("401"))).toEqual([]);
    await page.goto(`${daemon.url}/lists/${list}/import`);
    await expect(page.getByRole("heading", { name: "Your role may not import leads" })).toBeVisible();
    await expect(page.getByLabel("CSV file")).toHaveCount(0);
    await keepAll(page, "import-viewer");
    await page.goto(`${daemon.url}/campaigns/new`);
    await expect(page.getByRole("heading", { name: "Your role may not make a campaign" })).toBeVisible();

    await page.goto(`${daemon.url}/lists`);
    await page.getByRole("link", { name: "Looked at" }).click();
    await expect(page.getByRole("button", { name: "Ann" })).toBeVisible();
    for (const action of ["Import", "New campaign", "More actions"]) await expect(page.getByText(action, { exact: true })).toHaveCount(0);
    await page.getByRole("tab", { name: "Imports" }).click();
    await expect(page.getByRole("link", { name: "Download the report on seen.csv" })).toBeVisible();
    await keep(page, "list-viewer-1440-light");
    expect(await items(page, daemon, `imports?dial_list=${list}`)).toHaveLength(1);
  });
});
