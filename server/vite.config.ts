import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { z } from 'zod'

const packageFile = new URL('../package.json', import.meta.url)

/** `version.ts` reads the package beside the sources; the bundle is somewhere else, so it gets the answer. */
const knownVersion: Plugin = {
  name: 'wedsync-version',
  load(id) {
    if (id !== fileURLToPath(new URL('version.ts', import.meta.url)).replaceAll('\\', '/')) return undefined
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, 'utf8')))
    return `export const VERSION = ${JSON.stringify(version)}`
  },
}

const WORKERS: Readonly<Record<string, string>> = {
  'backup/workerFile.ts': `export const WORKER_FILE = new URL('./backupWorker.js', import.meta.url)`,
  'storage/checkpointWorkerFile.ts': `export const CHECKPOINT_WORKER_FILE = new URL('./checkpointWorker.js', import.meta.url)`,
}

/** The programs of threads are bundles of their own beside the server's. */
const knownWorkers: Plugin = {
  name: 'wedsync-workers',
  load(id) {
    const found = Object.entries(WORKERS).find(
      ([file]) => id === fileURLToPath(new URL(file, import.meta.url)).replaceAll('\\', '/'),
    )
    return found?.[1]
  },
}

/** The local server for Electron's utility process. Only what has native code or its own files stays a package. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  publicDir: false,
  plugins: [knownVersion, knownWorkers],
  build: {
    ssr: true,
    rolldownOptions: {
      input: {
        electron: 'electron.ts',
        backupWorker: 'backup/worker.ts',
        checkpointWorker: 'storage/checkpointWorker.ts',
      },
      // What several need lies beside them, so that an address relative to one is right in all.
      output: { chunkFileNames: '[name]-[hash].js' },
    },
    outDir: '../dist/server',
    emptyOutDir: true,
    target: 'node24',
    minify: false,
  },
  ssr: { noExternal: true, external: ['better-sqlite3-multiple-ciphers', '@electric-sql/pglite', 'pg', 'electron'] },
})
