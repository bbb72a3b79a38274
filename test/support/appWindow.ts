/** `wedsync app` where there is no display: it says so in one line and prints the address of the window. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../server/cli/preflight.js', import.meta.url))

export interface RunningApp {
  /** What it has printed so far. */
  lines(): readonly string[]
  readonly windowUrl: string
  /** @returns its exit code, when it has ended */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** @param args beside `--port 0` */
export async function startApp(dataDir: string, args: readonly string[] = []): Promise<RunningApp> {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...environment } = process.env
  const child = spawn(process.execPath, [CLI, 'app', '--data', dataDir, '--port', '0', ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  let said = ''
  const windowUrl = await new Promise<string>((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the app ended with ${code}: ${said}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+\/#launch=\S+/.exec(said)
      if (url) resolve(url[0])
    })
  })
  return {
    lines: () => said.trim().split('\n'),
    windowUrl,
    end(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
