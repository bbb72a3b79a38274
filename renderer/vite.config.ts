import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The app shell. Paths are relative: the same files are served by the install, by the hub and from the app's own window. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: ['chrome111', 'safari16.4', 'firefox114'],
    // One file that an offline cache must hold is better than many that it must all have.
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: {
      input: {
        page: fileURLToPath(new URL('index.html', import.meta.url)),
        serviceWorker: fileURLToPath(new URL('src/offline/serviceWorker.ts', import.meta.url)),
      },
      // A service worker keeps what is below its own place, under a name that stays.
      output: {
        entryFileNames: ({ name }) => (name === 'serviceWorker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
})
