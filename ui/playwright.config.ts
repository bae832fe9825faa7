import { defineConfig } from "@playwright/test";

/** Debian's chromium; nothing is downloaded. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests",
  outputDir: "../target/ui/traces",
  timeout: 150_000,
  globalTimeout: 480_000,
  // Mostly they wait for calls: two take half the time.
  workers: 2,
  forbidOnly: true,
  reporter: [["list"]],
  expect: { timeout: 15_000 },
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: { executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] },
  },
});
