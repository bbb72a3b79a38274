import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** CommonJS, and with that ending: a sandboxed window loads no ES module as its preload. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  publicDir: false,
  build: {
    ssr: 'preload.ts',
    outDir: '../dist/preload',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: { output: { format: 'cjs', entryFileNames: '[name].cjs' } },
  },
  ssr: { noExternal: true, external: ['electron'] },
})
