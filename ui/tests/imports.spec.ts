// Leads out of files: what the page says of a file before it is imported, and what becomes of it in the daemon meanwhile.

import { readFile, rm, writeFile } from "node:fs/promises";
import { type Daemon, expect, keep, startDemo, test } from "./daemon";
import { body, choose, drop, items, keepAll, leads, open, post, rowsOf, take } from "./importing";

test.describe("a file of leads", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "1", "--agents", "2");
  });
  test.afterAll(() => daemon.kill());

  test("that is dropped shows which rows cannot be taken, and they come in a report that is mended and imported", async ({ page }) => {
    const list = await open(page, daemon, "Dropped");
    const rows = ["Ann Archer,+14155550101,A-1,Graz", "Bob Baker,n/a,B-2,Linz", "Cleo Cook,+14155550103,C-3,Wien", "Dan Diaz,,D-4,Graz"];
    await drop(page, "spring.csv", ["name,phone,customer id,city", ...rows].join("\n"));
    await expect(page.getByText("4 rows, 2 of them cannot be taken in")).toBeVisible();
    await expect(page.getByText(/^Line 3, phone: .* expected$/)).toBeVisible();
    await expect(page.getByText("Line 5: at least one number expected")).toBeVisible();
    await take(page, "city", "Channel variable CITY");
    await expect(page.getByRole("table", { name: "First rows" })).toContainText("Graz");
    await keepAll(page, "import-columns");
    await page.getByRole("button", { name: "Import 4 rows" }).click();
    await expect(page.getByRole("heading", { name: "spring.csv is in" })).toBeVisible();
    await expect(page.getByText("2taken in")).toBeVisible();
    await expect(page.getByText("2refused")).toBeVisible();
    await keepAll(page, "import-done");

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download the report" }).click();
    const report = await readFile(await (await download).path(), "utf8");
    expect(report.trimEnd().split(/\r?\n/)).toHaveLength(3);
    expect(report).toContain("Bob Baker,n/a,B-2,Linz");
    await page.getByRole("button", { name: "Another file" }).click();
    await choose(page, "mended.csv", report.replace("n/a", "+14155550102").replace("Dan Diaz,,", "Dan Diaz,+14155550104,"));
    await take(page, "city", "Channel variable CITY");
    await page.getByRole("button", { name: "Import 2 rows" }).click();
    await expect(page.getByRole("heading", { name: "mended.csv is in" })).toBeVisible();
    const all = await leads(page, daemon, list);
    expect(all.map(({ name }) => name)).toEqual(["Ann Archer", "Cleo Cook", "Bob Baker", "Dan Diaz"]);
    expect(all.map(({ variables }) => variables["CITY"])).toEqual(["Graz", "Wien", "Linz", "Graz"]);

    await page.getByRole("link", { name: "Show the leads" }).click();
    await expect(page.getByRole("button", { name: "Dan Diaz" })).toBeVisible();
    await page.getByRole("tab", { name: "Imports" }).click();
    const imports = page.getByRole("list", { name: "Imports" }).getByRole("listitem");
    await expect(imports).toHaveCount(2);
    await expect(imports.nth(0)).toContainText("mended.csv");
    await expect(imports.nth(1)).toContainText("2 taken in, 2 refused");
    await expect(imports.nth(1).getByRole("link", { name: "Download the report on spring.csv" })).toHaveAttribute("href", /\/report$/);
    await keepAll(page, "list-imports");
  });

  test("whose headers say nothing gets its columns by hand, and numbers their country", async ({ page }) => {
    const list = await open(page, daemon, "By hand");
    await choose(page, "words.csv", "wer;was;wo\nÄnne;0316 872 7001;x\nBea;01 4000 81081;y\nCarl;12;z\n");
    await expect(page.getByRole("status").filter({ hasText: "Say which column holds the phone number." })).toBeVisible();
    await expect(page.getByRole("button", { name: /^Import / })).toBeDisabled();
    await take(page, "wer", "Name");
    await take(page, "was", "Number 3");
    await expect(page.getByText("3 rows, all of them can be taken in")).toBeVisible();
    await page.getByRole("textbox", { name: "Country of numbers" }).fill("austria");
    await page.getByRole("option", { name: "Austria (AT)" }).click();
    await expect(page.getByRole("table", { name: "First rows" })).toContainText("+433168727001");
    await expect(page.getByText("Line 4, was: ")).toBeVisible();
    await page.getByRole("button", { name: "Import 3 rows" }).click();
    await expect(page.getByRole("heading", { name: "words.csv is in" })).toBeVisible();
    const numbers = (await leads(page, daemon, list)).map((lead) => [lead.name, ...lead.numbers.filter(Boolean), lead.numbers.findIndex(Boolean)]);
    expect(numbers).toEqual([
      ["Änne", "+433168727001", 2],
      ["Bea", "+431400081081", 2],
    ]);
  });

  test("in another language, with two numbers in a row, is understood as far as it can be", async ({ page }) => {
    await open(page, daemon, "Deutsch");
    await choose(page, "kunden.csv", "Kundennummer;Kunde;Handy;Festnetz;Hausnummer\n17;Eva;+436641234567;+43316123456;4a\n");
    const taken = (column: string) => page.getByRole("textbox", { name: `${column} is taken as` });
    await expect(taken("Kundennummer")).toHaveValue("Your key (UKey)");
    await expect(taken("Kunde")).toHaveValue("Name");
    await expect(taken("Handy")).toHaveValue("Number 1");
    await expect(taken("Festnetz")).toHaveValue("Number 2");
    await expect(taken("Hausnummer")).toHaveValue("Left out");
    await take(page, "Hausnummer", "Number 2");
    await expect(page.getByText("Two columns are both Number 2: leave one of them out.")).toBeVisible();
  });

  test("with leads that the list has skips, updates or takes them too, by what they are known by", async ({ page }) => {
    const list = await open(page, daemon, "Twice");
    const run = async (content: string, how: { duplicates?: string; by?: string } = {}) => {
      await choose(page, "twice.csv", content);
      if (how.duplicates) await page.getByText(how.duplicates, { exact: true }).click();
      if (how.by) {
        await page.getByRole("textbox", { name: "A lead is known by" }).click();
        await page.getByRole("option", { name: how.by }).click();
      }
      await page.getByRole("button", { name: /^Import / }).click();
      await expect(page.getByRole("heading", { name: "twice.csv is in" })).toBeVisible();
    };
    const names = async () => (await leads(page, daemon, list)).map(({ name, numbers }) => `${name} ${numbers[0]}`);
    await run("name,phone,ukey\nAnn,+14155550101,K1\nBob,+14155550102,K2\n");
    await page.getByRole("button", { name: "Another file" }).click();
    await run("name,phone,ukey\nAnna,+14155550101,K9\n");
    await expect(page.getByText("1skipped")).toBeVisible();
    await page.getByRole("button", { name: "Another file" }).click();
    await run("name,phone,ukey\nAnnie,+14155550199,K1\n", { duplicates: "Update" });
    await expect(page.getByText("1updated")).toBeVisible();
    expect(await names()).toEqual(["Annie +14155550199", "Bob +14155550102"]);
    await page.getByRole("button", { name: "Another file" }).click();
    await run("name,phone,ukey\nBobby,+14155550102,K7\n", { by: "Its key only" });
    await expect(page.getByText("1taken in")).toBeVisible();
    expect(await names()).toEqual(["Annie +14155550199", "Bob +14155550102", "Bobby +14155550102"]);
  });

  test("that was imported before is said to be so, and is imported again by choice", async ({ page }) => {
    const list = await open(page, daemon, "Again");
    for (const round of [1, 2]) {
      await choose(page, "same.csv", "name,phone\nAnn,+14155550101\n");
      await page.getByText("Take too", { exact: true }).click();
      await page.getByRole("button", { name: "Import 1 row" }).click();
      if (round === 1) {
        await expect(page.getByRole("heading", { name: "same.csv is in" })).toBeVisible();
        await page.getByRole("button", { name: "Another file" }).click();
      }
    }
    await expect(page.getByText("same.csv was imported before")).toBeVisible();
    await expect(page.getByRole("status")).toContainText("1 taken in");
    expect(await leads(page, daemon, list)).toHaveLength(1);
    await keep(page, "import-before-1440-light");
    await page.getByRole("button", { name: "Import it again" }).click();
    await expect(page.getByRole("heading", { name: "same.csv is in" })).toBeVisible();
    expect(await leads(page, daemon, list)).toHaveLength(2);
  });

  test("as Windows writes it shows its umlauts, and what is no file of rows is said to be none", async ({ page, complaints }) => {
    const list = await open(page, daemon, "Umlauts");
    await choose(page, "empty.csv", "");
    await expect(page.getByRole("alert")).toContainText("empty.csv: ");
    await expect(page.getByRole("alert")).toContainText("it is empty");
    await expect(page.getByRole("button", { name: "Read it as Windows-1252" })).toHaveCount(0);
    // The browser itself notes each answer that says no.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes("409"))).toEqual([]);
    await page.getByRole("button", { name: "Another file" }).click();
    await choose(page, "müller.csv", Buffer.from("name;phone\nJörg Müller;+4331612345\n", "latin1"));
    const first = page.getByRole("table", { name: "First rows" });
    await expect(first).toContainText("Jörg Müller");
    const encoding = page.getByRole("textbox", { name: "Encoding of the text" });
    await expect(encoding).toHaveValue(/^As it seems: Windows-1252/);
    await page.getByRole("button", { name: "Import 1 row" }).click();
    await expect(page.getByRole("heading", { name: "müller.csv is in" })).toBeVisible();
    expect((await leads(page, daemon, list)).map(({ name }) => name)).toEqual(["Jörg Müller"]);
    await page.getByRole("button", { name: "Another file" }).click();
    await choose(page, "utf8.csv", "name;phone\nJörg Müller;+4331612345\n");
    await expect(first).toContainText("Jörg Müller");
    await encoding.click();
    await page.getByRole("option", { name: "Windows-1252", exact: false }).last().click();
    await expect(first).toContainText("JÃ¶rg MÃ¼ller");
  });

  test("is imported with the keyboard alone", async ({ page }) => {
    const list = await open(page, daemon, "Keys");
    const reach = async (name: RegExp) => {
      await expect(async () => {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          return element?.getAttribute("aria-label") ?? (element as HTMLInputElement | null)?.labels?.[0]?.textContent ?? element?.textContent ?? "";
        });
        expect(focused).toMatch(name);
      }).toPass({ intervals: [0] });
    };
    const chooser = page.waitForEvent("filechooser");
    await reach(/^CSV file$/);
    await page.keyboard.press("Enter");
    await (await chooser).setFiles({ name: "keys.csv", mimeType: "text/csv", buffer: Buffer.from("who,phone\nAnn,0316 872 7001\n") });
    await expect(page.getByText("1 row, which can be taken in")).toBeVisible();
    await reach(/^who is taken as$/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("textbox", { name: "who is taken as" })).toHaveValue("Name");
    await reach(/^Country of numbers/);
    await page.keyboard.type("austr");
    await expect(page.getByRole("option")).toHaveCount(2);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("table", { name: "First rows" })).toContainText("+433168727001");
    await reach(/^Import 1 row$/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "keys.csv is in" })).toBeVisible();
    expect((await leads(page, daemon, list)).map(({ name, numbers }) => [name, numbers[0]])).toEqual([["Ann", "+433168727001"]]);
  });

  test("that is long goes on while the page is away, holds its campaign, is cancelled, and goes on where it was", async ({ page }, info) => {
    // What is looked at takes seconds, the file a minute and more: it does not come to its end here.
    const long = info.outputPath("long.csv");
    await writeFile(long, rowsOf(2_000_000));
    const list = await open(page, daemon, "Long");
    const [demo] = await items(page, daemon, "campaigns");
    const campaign = await post(page, daemon, "campaigns", { name: "Waits", plan: demo.plan, dial_list: list, destination: demo.destination });
    const send = async () => {
      await page.getByLabel("CSV file").setInputFiles(long);
      await expect(page.getByText("First 100 rows, all of them can be taken in")).toBeVisible();
      await page.getByText("When all are in", { exact: true }).click();
      await page.getByRole("button", { name: "Import all rows" }).click();
      await expect(page.getByRole("heading", { name: "Importing long.csv …" })).toBeVisible();
    };
    await send();
    await post(page, daemon, `campaigns/${campaign.uuid}/start`, {});
    await expect(page.getByText("you may close this page")).toBeVisible();
    await expect(page.getByText(/^[\d,]+ rows: [1-9][\d,]* taken in/)).toBeVisible();
    await keepAll(page, "import-running");
    await page.reload();
    await expect(page.getByRole("heading", { name: "Importing long.csv …" })).toBeVisible();
    await page.goto(`${daemon.url}/campaigns/${campaign.uuid}`);
    const why = page.getByRole("region", { name: "Why it does not dial" });
    await expect(why).toContainText(/leads are being imported/i);
    await keep(page, "why-import-1440-light");
    await why.getByRole("link", { name: "Show the imports of the list" }).click();
    const bar = page.getByRole("progressbar", { name: /of long.csv are read/ });
    await expect(bar).toBeVisible();
    await page.goto(`${daemon.url}/lists/${list}`);
    await expect(bar).toBeVisible();
    await keep(page, "list-running-1440-light");
    const cancel = async () => {
      await page.getByRole("button", { name: "Cancel the import of long.csv" }).click();
      await expect(bar).toBeHidden();
      await page.getByRole("tab", { name: "Imports" }).click();
      await expect(page.getByRole("listitem").filter({ hasText: "long.csv" })).toContainText("Cancelled");
      const all = await items(page, daemon, `imports?dial_list=${list}`);
      expect(all).toHaveLength(1);
      return all[0];
    };
    const first = await cancel();
    expect(first.imported).toBeGreaterThan(0);

    await page.getByRole("link", { name: "Import" }).click();
    await send();
    await expect(async () => {
      const [{ imported }] = await items(page, daemon, `imports?dial_list=${list}`);
      expect(imported).toBeGreaterThan(first.imported);
    }).toPass();
    await page.goto(`${daemon.url}/lists/${list}`);
    const again = await cancel();
    const { total } = await body(await page.request.get(`${daemon.url}/api/v1/dial-lists/${list}/stats`));
    expect([again.id, total]).toEqual([first.id, again.imported]);
    await rm(long);
  });

  test("that comes slowly shows how far it is, and is not imported when it is stopped on its way", async ({ page }) => {
    const list = await open(page, daemon, "Slow");
    await choose(page, "slow.csv", rowsOf(60_000));
    await expect(page.getByRole("button", { name: "Import all rows" })).toBeEnabled();
    const network = await page.context().newCDPSession(page);
    await network.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100_000 });
    await page.getByRole("button", { name: "Import all rows" }).click();
    await expect(page.getByRole("progressbar", { name: /^[1-9]\d* % of the file are sent$/ })).toBeVisible();
    await keep(page, "import-sending-1440-light");
    await page.getByRole("link", { name: "Lists", exact: true }).first().click();
    await expect(page.getByRole("dialog", { name: "Leave while the file is being sent?" })).toBeVisible();
    await page.getByRole("button", { name: "Stay" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("alert")).toContainText("was not sent to its end");
    expect(await items(page, daemon, `imports?dial_list=${list}`)).toEqual([]);
    await network.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await page.getByRole("button", { name: "Import all rows" }).click();
    await expect(page.getByRole("heading", { name: "slow.csv is in" })).toBeVisible({ timeout: 60_000 });
  });
});
