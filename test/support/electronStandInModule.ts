/**
 * Stand-in for the module `electron` in the main process, run by plain Node: no Chromium, no windows. It reports what
 * the app asks of Electron to the test that forked it, and does to the app what the test says. The page of the window, if
 * there is to be one, is in the test (`electronStandInPage.ts`). It proves our code, not Electron: the same scenarios
 * belong on the real program where there is one.
 */
import { EventEmitter } from 'node:events'
import { z } from 'zod'
import type { ToServer } from '../../main/serverProcess.ts'
import { standInKeyStore } from './electronStandInKeyStore.ts'
import { PortLink, portFrame, StandInChannel, type StandInPort } from './electronStandInPorts.ts'
import { type ForkedServer, forkServer } from './electronStandInServer.ts'

const command = z.discriminatedUnion('do', [
  z.object({ do: z.literal('quit') }),
  z.object({ do: z.literal('kill-server') }),
  z.object({ do: z.literal('close-window') }),
  z.object({ do: z.literal('second-instance') }),
  z.object({ do: z.literal('navigate'), url: z.string(), isMainFrame: z.boolean() }),
  z.object({ do: z.literal('open'), url: z.string() }),
  z.object({ do: z.literal('request'), permission: z.string() }),
  z.object({ do: z.literal('new-document') }),
  z.object({ do: z.literal('frame'), frame: portFrame }),
  z.object({ do: z.literal('invoke'), channel: z.string(), frameUrl: z.string(), isInside: z.boolean() }),
])
export type StandInCommand = z.infer<typeof command>

const say = (event: string, detail: object = {}) => process.send?.({ event, ...detail })

/** Ports that the page of the window has. They go with it. */
const pageLink = new PortLink((frame) => say('frame', { frame }))

class Preventable {
  prevented = false
  preventDefault(): void {
    this.prevented = true
  }
}

class App extends EventEmitter {
  readonly isPackaged = false
  readonly #paths = new Map<string, string>()
  whenReady = async () => undefined
  setPath = (name: string, path: string) => this.#paths.set(name, path)
  getPath = (name: string) => this.#paths.get(name)
  requestSingleInstanceLock = () => process.env.STAND_IN_LOCK !== 'taken'
  exit = (code: number) => process.exit(code)
  quit(): void {
    for (const window of windows) window.close()
    const event = new Preventable()
    this.emit('will-quit', event)
    if (!event.prevented) process.exit(0)
  }
}

class Contents extends EventEmitter {
  openHandler: (details: { url: string }) => unknown = () => ({ action: 'allow' })
  setWindowOpenHandler(handler: (details: { url: string }) => unknown): void {
    this.openHandler = handler
  }
}

class Window extends EventEmitter {
  readonly webContents = new Contents()
  constructor(options: object) {
    super()
    windows.add(this)
    say('window', { options })
  }
  async loadURL(url: string): Promise<void> {
    say('load', { url })
    this.emit('ready-to-show')
  }
  show = () => say('show')
  focus = () => say('focus')
  isMinimized = () => false
  close(): void {
    windows.delete(this)
    this.emit('closed')
    if (windows.size === 0) app.emit('window-all-closed')
  }
}

const windows = new Set<Window>()
const handlers = new Map<string, (event: object) => Promise<unknown>>()
let permissionHandler: (contents: unknown, permission: string, answer: (granted: boolean) => void) => void = () =>
  undefined
let server: ForkedServer | undefined

export const app = new App()
export const BrowserWindow = Window
export const MessageChannelMain = StandInChannel
export const Menu = { buildFromTemplate: (template: unknown) => template, setApplicationMenu: () => undefined }
export const shell = { openExternal: async (url: string) => say('external', { url }) }
export const safeStorage = standInKeyStore({
  secret: 'of this computer',
  isAvailable: process.env.STAND_IN_KEY_STORE !== 'none',
})
export const session = {
  fromPartition: () => ({
    setPermissionRequestHandler(handler: typeof permissionHandler) {
      permissionHandler = handler
    },
    setPermissionCheckHandler: () => undefined,
    setDevicePermissionHandler: () => undefined,
  }),
}
export const dialog = {
  showErrorBox: (title: string, content: string) => say('error-box', { title, content }),
  async showMessageBox({ detail }: { detail: string }) {
    say('message-box', { detail })
    // "Quit"
    return { response: 1 }
  },
}
export const ipcMain = {
  handle: (channel: string, handler: (event: object) => Promise<unknown>) => handlers.set(channel, handler),
}
export const utilityProcess = {
  fork(entry: string) {
    const forked = forkServer(entry)
    server = forked
    say('fork', { entry })
    return {
      postMessage: (message: ToServer, ports: readonly StandInPort[] = []) => forked.send(message, ports),
      kill: forked.child.kill,
      on: (_event: 'message', listener: (message: unknown) => void) => forked.child.onMessage(listener),
      once(_event: 'exit', listener: (code: number | null) => void) {
        forked.process.once('exit', listener)
      },
    }
  },
}

async function obey(order: StandInCommand): Promise<void> {
  const [window] = windows
  switch (order.do) {
    case 'quit':
      return app.quit()
    case 'kill-server':
      server?.process.kill('SIGKILL')
      return
    case 'close-window':
      return window?.close()
    case 'second-instance':
      app.emit('second-instance')
      return
    case 'navigate': {
      const { url, isMainFrame } = order
      const event = Object.assign(new Preventable(), { url, isMainFrame })
      window?.webContents.emit('will-frame-navigate', event)
      say('navigated', { url, prevented: event.prevented })
      return
    }
    case 'open':
      say('opened', { answer: window?.webContents.openHandler({ url: order.url }) })
      return
    case 'new-document':
      return pageLink.cut()
    case 'frame':
      return pageLink.receive(order.frame)
    case 'request':
      permissionHandler(undefined, order.permission, (granted) => say('permission', { granted }))
      return
    case 'invoke': {
      const senderFrame = {
        url: order.frameUrl,
        parent: order.isInside ? {} : null,
        postMessage(channel: string, _message: null, ports: readonly StandInPort[]) {
          say('post', { channel, ports: ports.map((port) => pageLink.give(port)) })
        },
      }
      say('answer', { answer: await handlers.get(order.channel)?.({ senderFrame }) })
      return
    }
  }
}

process.on('message', async (message) => obey(command.parse(message)))
