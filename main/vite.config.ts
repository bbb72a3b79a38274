import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The main process, in one file: an ES module, which Electron's own Node runs. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  publicDir: false,
  build: { ssr: 'main.ts', outDir: '../dist/main', emptyOutDir: true, target: 'node24', minify: false },
  ssr: { noExternal: true, external: ['electron'] },
})
