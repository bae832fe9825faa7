// What every test of the page has: a daemon of its own with a simulated Asterisk, and a page that may neither complain on its console
// nor ask another host for anything.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, expect, type Page } from "@playwright/test";

export { expect } from "@playwright/test";

/** How the demo's admin comes in. */
export const USER = { name: "admin", password: "outbound-demo" };

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

function binary(): string {
  const found = [process.env["OUTBOUND_BIN"], join(ROOT, "target/debug/outbound"), join(ROOT, "target/release/outbound")].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (!found) throw new Error("no outbound binary: cargo build, or set OUTBOUND_BIN");
  return found;
}

export interface Daemon {
  url: string;
  /** Ends it, as a power cut would. */
  kill(): Promise<void>;
}

/** `outbound demo` in an empty folder, on ports that are free. */
export async function startDemo(...args: string[]): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), "outbound-ui-"));
  const ports = ["--ami-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"];
  const child = spawn(binary(), ["demo", "--data", folder, ...ports, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: await address(child), kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** Where it listens, as it says it. */
function address(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let said = "";
    const take = (text: Buffer) => {
      said += text.toString();
      const url = /https?:\/\/[\d.]+:\d+/.exec(said)?.[0];
      if (url) found(url);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("exit", () => failed(new Error(`the demo has ended: ${said}`)));
  });
}

interface Watched {
  /** What the browser complained of, and whom else it asked. Empty at the end of each test. */
  complaints: string[];
}

export const test = base.extend<Watched>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      const own = () => new URL(page.url() === "about:blank" ? "http://127.0.0.1" : page.url()).hostname;
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.text()} ${message.location().url}`);
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (new URL(request.url()).hostname !== own()) complaints.push(`another host: ${request.url()}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

/** Comes in as the demo's admin. */
export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Name").fill(USER.name);
  await page.getByLabel("Password", { exact: true }).fill(USER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
}

/** Keeps what it looks like now, all of it, under target/ui. */
export async function keep(page: Page, name: string): Promise<void> {
  const folder = join(ROOT, "target/ui");
  mkdirSync(folder, { recursive: true });
  const size = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  // A window of that height: in a picture of a scrolled page, what stands still would stand in the middle.
  if (size && height > size.height) await page.setViewportSize({ width: size.width, height });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  if (size && height > size.height) await page.setViewportSize(size);
}

/** What a screen reader says of a thing that is operated must have a name. */
const NAMED = new Set(["button", "checkbox", "combobox", "dialog", "link", "menuitem", "progressbar", "radio", "searchbox", "spinbutton", "switch", "tab", "table", "textbox"]);

/** All that is operated has a name, and no heading skips a level. */
export async function isNamed(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  expect(nodes.filter(({ ignored, role, name }) => !ignored && NAMED.has(role?.value) && !name?.value).map(({ role }) => role?.value)).toEqual([]);
  const levels = await page.getByRole("heading").evaluateAll((all) => all.map(({ tagName }) => Number(tagName.slice(1))));
  expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
}

/** Nothing is wider than the window, once what moves has come to rest. */
export async function fits(page: Page): Promise<void> {
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(wider, { message: "pixels that stand out at the right" }).toBeLessThanOrEqual(0);
}
