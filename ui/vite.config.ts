import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Each file of text also as .br and .gz, so that the daemon compresses nothing while it answers. */
function compressed(): Plugin {
  const files = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? files(path) : [path];
    });
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const path of files("dist")) {
        if (!/\.(js|css|svg|json|webmanifest)$/.test(path)) continue;
        const bytes = readFileSync(path);
        if (bytes.length < 1024) continue;
        const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, options));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

const { paths } = JSON.parse(readFileSync("openapi.json", "utf8")) as { paths: Record<string, unknown> };

export default defineConfig({
  // What the daemon that this page is built for has: asking for more would only fill the browser's console.
  define: { OFFERS: JSON.stringify({ events: "/api/v1/events" in paths }) },
  plugins: [react(), compressed()],
  // The daemon puts a nonce of its own in each answer's place of this one.
  html: { cspNonce: "NONCE-OF-THIS-ANSWER" },
  build: {
    target: "es2022",
    // Nothing becomes a data: URL, which the content security policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: { "/api": { target: process.env["OUTBOUND"] ?? "http://127.0.0.1:8080", changeOrigin: false } },
  },
});
