/** The two ways in which a window comes to the database of its install, in one process: for tests and the bench. */
import { createServer } from 'node:http'
import type { Line } from '../../model/line.ts'
import { openSocketLine } from '../../renderer/src/replica/databaseLine.ts'
import { portLine as windowPortLine } from '../../renderer/src/replica/lines.ts'
import { listen, stopListening } from '../../server/http/listen.ts'
import { serveUpgrades } from '../../server/http/upgrades.ts'
import { portLine, socketLine } from '../../server/install/windowLines.ts'
import { StandInChannel } from './electronStandInPorts.ts'

export interface WindowDoor {
  /** @returns the window's end */
  open(): Promise<Line>
  close(): Promise<void>
}

/** @param serve gets the server's end of each line */
export type OpenWindowDoor = (serve: (line: Line) => void) => Promise<WindowDoor>

export const WINDOW_DOORS: Readonly<Record<'socket' | 'port', OpenWindowDoor>> = {
  /** A real WebSocket on loopback. */
  async socket(serve) {
    const server = createServer()
    const upgrades = serveUpgrades(
      server,
      [{ path: '/api/offline/window/storage', serve: (socket) => serve(socketLine(socket)) }],
      () => undefined,
    )
    const port = await listen(server, 0, '127.0.0.1')
    if (!port.ok) throw new Error(port.error.kind)
    return {
      open: () => openSocketLine(`http://127.0.0.1:${port.value}/`, 'secret'),
      async close() {
        upgrades.close()
        await stopListening(server)
      },
    }
  },

  /** A real message port of Node, which has the same methods and events as a browser's. */
  async port(serve) {
    const lines: Line[] = []
    return {
      async open() {
        const { port1, port2 } = new StandInChannel()
        const line = portLine(port1)
        lines.push(line)
        serve(line)
        // The class that a browser has too; its types are declared twice.
        return windowPortLine(port2.inner as unknown as MessagePort)
      },
      async close() {
        for (const line of lines) line.close()
      },
    }
  },
}
