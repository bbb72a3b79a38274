/** Forks a server as Electron would a utility process. See `electronStandIn.ts` for what that proves. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { ServerChild, ToServer } from '../../main/serverProcess.ts'
import { PortLink, portFrame, type StandInPort } from './electronStandInPorts.ts'

const STAND_IN = fileURLToPath(new URL('electronStandIn.ts', import.meta.url))
export const SERVER_SOURCE = fileURLToPath(new URL('../../server/electron.ts', import.meta.url))

/** A message of the app with its ports, or what goes through one of them. */
export const toStandIn = z.object({
  message: z.unknown().optional(),
  ports: z.array(z.string()).default([]),
  frame: portFrame.optional(),
})
const fromStandIn = z.object({ message: z.unknown().optional(), frame: portFrame.optional() })

export interface ForkedServer {
  readonly child: ServerChild
  /** As `child.send`, with ports. */
  send(message: ToServer, ports: readonly StandInPort[]): void
  readonly process: ChildProcess
  /** The exit code; `null` after a signal. */
  readonly exited: Promise<number | null>
}

/** @param entry `server/electron.ts`, or its bundle */
export function forkServer(entry = SERVER_SOURCE): ForkedServer {
  const process = fork(STAND_IN, [entry], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = new Promise<number | null>((resolve) => process.once('exit', resolve))
  const tell = (message: z.input<typeof toStandIn>): void => {
    if (process.connected) process.send(message)
  }
  const link = new PortLink((frame) => tell({ frame }))
  process.on('message', (raw) => {
    const { frame } = fromStandIn.parse(raw)
    if (frame) link.receive(frame)
  })
  process.once('exit', () => link.cut())
  return {
    process,
    exited,
    send: (message, ports) => tell({ message, ports: ports.map((port) => link.give(port)) }),
    child: {
      send: (message) => tell({ message }),
      onMessage: (listener) =>
        process.on('message', (raw) => {
          const { message, frame } = fromStandIn.parse(raw)
          if (!frame) listener(message)
        }),
      onExit: (listener) => process.once('exit', () => listener()),
      kill: () => process.kill(),
    },
  }
}
