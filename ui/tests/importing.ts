// What tests of imports do again and again: a list, a file for it, and what has become of it.

import type { APIResponse, Page } from "@playwright/test";
import { type Daemon, expect, fits, keep, signIn } from "./daemon";

export const OWN = { "X-Requested-With": "outbound-ui" };

export interface Lead {
  name: string | null;
  ukey: string | null;
  numbers: (string | null)[];
  variables: Record<string, string>;
}

export const body = async (answer: APIResponse) => {
  expect(answer.ok(), `${answer.url()}: ${answer.status()}`).toBe(true);
  return answer.json();
};

export const post = async (page: Page, daemon: Daemon, path: string, data: object) => body(await page.request.post(`${daemon.url}/api/v1/${path}`, { data, headers: OWN }));

export const items = async (page: Page, daemon: Daemon, path: string) => (await body(await page.request.get(`${daemon.url}/api/v1/${path}`))).items;

export const leads = (page: Page, daemon: Daemon, list: string): Promise<Lead[]> => items(page, daemon, `leads?dial_list=${list}&limit=1000`);

/** A new list, with the page on which files are imported into it. */
export async function open(page: Page, daemon: Daemon, name: string): Promise<string> {
  await signIn(page, daemon.url);
  const { uuid } = await post(page, daemon, "dial-lists", { name });
  await page.goto(`${daemon.url}/lists/${uuid}/import`);
  await expect(page.getByRole("heading", { level: 1, name: `Import into ${name}` })).toBeVisible();
  return uuid;
}

export const choose = (page: Page, name: string, content: string | Buffer) => page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });

export async function drop(page: Page, name: string, content: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([title, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], title, { type: "text/csv" }));
      return transfer;
    },
    [name, content] as const,
  );
  await page.getByText("Drop a CSV file here").dispatchEvent("drop", { dataTransfer });
}

export async function take(page: Page, column: string, field: string): Promise<void> {
  await page.getByRole("textbox", { name: `${column} is taken as` }).click();
  await page.getByRole("option", { name: field, exact: true }).click();
}

/** A file of so many rows, each with a name, a number and a key. */
export const rowsOf = (count: number) => ["name,phone,ukey", ...Array.from({ length: count }, (_, at) => `Customer ${at},+1555${String(at).padStart(7, "0")},L-${at}`)].join("\n");

/** The four ways in which a page is looked at. */
export async function keepAll(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
      await fits(page);
      await keep(page, `${name}-${width}-${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}
