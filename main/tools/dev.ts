/** `npm run dev`: the app, with its pages built anew whenever their source changes. Reload the window to see them. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const watcher = await build({
  configFile: fromRoot('renderer/vite.config.ts'),
  logLevel: 'warn',
  build: { watch: {} },
})
if (!('on' in watcher)) throw new Error('Vite did not watch')
await new Promise<void>((resolve) => {
  watcher.on('event', ({ code }) => {
    // After a mistake too: it is on the screen, and the next save builds again.
    if (code === 'END' || code === 'ERROR') resolve()
  })
})

const app = spawn(process.execPath, [fromRoot('server/cli/preflight.js'), 'app', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// The app decides when to end; a Ctrl+C reaches it as well.
process.on('SIGINT', () => app.kill('SIGINT'))
process.on('SIGTERM', () => app.kill('SIGTERM'))
const code = await new Promise<number>((resolve, reject) => {
  app.once('error', reject)
  app.once('exit', (status) => resolve(status ?? 1))
})
await watcher.close()
process.exit(code)
