import { defineConfig } from "vitest/config";

const pages = ["enter", "waiting", "terminal", "denied", "console"];

export default defineConfig({
  base: "/_qj/",
  publicDir: false,
  build: {
    outDir: "dist",
    assetsDir: "assets",
    // Our pages forbid data: addresses and inline scripts (Content-Security-Policy: default-src 'self').
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    sourcemap: false,
    rollupOptions: { input: pages.map((page) => `${page}.html`) },
  },
  test: { include: ["src/**/*.test.ts"] },
});
