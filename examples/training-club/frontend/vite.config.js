import process from "node:process";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page says which release it is; in a development server and in tests, that it is none.
process.env.VITE_APP_VERSION ??= "dev";

// Each asset a second time, without the hash in its name: see the fallback in nginx.conf.
const plainNames = {
  name: "plain-names",
  enforce: "post",
  generateBundle(_options, bundle) {
    for (const { fileName, code, source } of Object.values(bundle)) {
      const plain = fileName.replace(/^(assets\/[a-z]+)\.[0-9a-f]{8}\./, "$1.");
      if (plain !== fileName) this.emitFile({ type: "asset", fileName: plain, source: code ?? source });
    }
  },
};

export default defineConfig({
  plugins: [react(), plainNames],
  build: {
    // The Content-Security-Policy is `default-src 'self'`: no data: URLs, nothing inline.
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      output: {
        hashCharacters: "hex",
        entryFileNames: "assets/[name].[hash:8].js",
        chunkFileNames: "assets/[name].[hash:8].js",
        assetFileNames: "assets/[name].[hash:8][extname]",
      },
    },
  },
  server: {
    host: true,
    port: 8080,
    strictPort: true,
    // Behind nginx the page cannot open Vite's WebSocket at its own port: it has one on loopback.
    hmr: { clientPort: Number(process.env.VITE_PORT ?? 5173) },
  },
  test: { environment: "happy-dom" },
});
