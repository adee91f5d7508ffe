import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const HASHED = /^(assets\/[a-z]+)\.[0-9a-f]{10}(\.[a-z]+)$/;

// Each asset a second time, under a name without a hash: what a page of another release is given
// while both run. See nginx.conf.
function plainNames() {
  return {
    name: "plain-names",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const { fileName, code, source } of Object.values(bundle)) {
        const plain = fileName.replace(HASHED, "$1$2");
        if (plain !== fileName) this.emitFile({ type: "asset", fileName: plain, source: code ?? source });
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), plainNames()],
  cacheDir: "/tmp/vite-loc8", // the container's root is read-only
  build: {
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        hashCharacters: "hex",
        entryFileNames: "assets/[name].[hash:10].js",
        assetFileNames: "assets/[name].[hash:10][extname]",
        codeSplitting: false, // one script: no page asks later for a piece that is gone
      },
    },
  },
  server: {
    host: true,
    port: 8080,
    strictPort: true,
    allowedHosts: true, // nginx in front passes any name on; the port is on loopback
    hmr: { clientPort: Number(process.env.HMR_PORT ?? 8080) },
  },
  test: { environment: "jsdom", include: ["tests/**/*.test.jsx"] },
});
