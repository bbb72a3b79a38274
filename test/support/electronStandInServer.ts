/** Forks a server as Electron would a utility process. See `electronStandIn.ts` for what that proves. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ServerChild } from '../../main/serverProcess.ts'

const STAND_IN = fileURLToPath(new URL('electronStandIn.ts', import.meta.url))
export const SERVER_SOURCE = fileURLToPath(new URL('../../server/electron.ts', import.meta.url))

export interface ForkedServer {
  readonly child: ServerChild
  readonly process: ChildProcess
  /** The exit code; `null` after a signal. */
  readonly exited: Promise<number | null>
}

/** @param entry `server/electron.ts`, or its bundle */
export function forkServer(entry = SERVER_SOURCE): ForkedServer {
  const process = fork(STAND_IN, [entry], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = new Promise<number | null>((resolve) => process.once('exit', resolve))
  return {
    process,
    exited,
    child: {
      send(message) {
        if (process.connected) process.send(message)
      },
      onMessage: (listener) => process.on('message', listener),
      onExit: (listener) => process.once('exit', () => listener()),
      kill: () => process.kill(),
    },
  }
}
