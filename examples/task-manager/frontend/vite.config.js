import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Each asset has a second name without its hash: what a page of another release gets while both run,
// see the fallback in nginx.conf.
const plainNames = {
  name: "plain-names",
  generateBundle: {
    order: "post",
    handler(options, bundle) {
      for (const { fileName, code, source } of Object.values(bundle)) {
        const plain = fileName.replace(/\.[0-9a-f]{10}(\.\w+)$/, "$1");
        if (plain !== fileName) this.emitFile({ type: "asset", fileName: plain, source: code ?? source });
      }
    },
  },
};

export default defineConfig({
  plugins: [react(), plainNames],
  cacheDir: process.env.VITE_CACHE_DIR, // compose.dev.yaml: its container is read-only
  server: {
    // nginx passes the page on, but no reloads: the browser asks for these directly.
    hmr: process.env.HMR_PORT ? { clientPort: Number(process.env.HMR_PORT) } : true,
  },
  build: {
    assetsInlineLimit: 0, // no data: URLs, which the Content-Security-Policy forbids
    rolldownOptions: {
      output: {
        hashCharacters: "hex",
        entryFileNames: "assets/app.[hash:10].js",
        chunkFileNames: "assets/[name].[hash:10].js",
        assetFileNames: "assets/[name].[hash:10][extname]",
      },
    },
  },
});
