/**
 * The desktop app: builds its parts, and closes them in order. Nothing here may await at the top level: Electron becomes
 * ready only after this module has run.
 */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  app,
  type BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  safeStorage,
  type UtilityProcess,
  utilityProcess,
  type WebFrameMain,
} from 'electron'
import { APP_FOLDER } from '../model/dataFolder.ts'
import { isOwnMainFrame } from './addresses.ts'
import { databaseKey, describeDatabaseKeyError } from './databaseKey.ts'
import { log } from './log.ts'
import { menuTemplate } from './menu.ts'
import { type ServerChild, type ServerSettings, startServer, type ToServer } from './serverProcess.ts'
import { readSettings } from './settings.ts'
import { type Supervisor, supervise } from './supervisor.ts'
import { openWindow, refusePermissions } from './window.ts'

/** How the app ends when it has told the person why; `wedsync app` then does not look for another way to open it. */
const EXIT_TOLD = 70

const settings: ServerSettings = {
  ...readSettings(process.env, homedir()),
  pagesDir: join(import.meta.dirname, '../renderer'),
}
let window: BrowserWindow | undefined
let windowUrl = ''
let serverProcess: UtilityProcess | undefined

try {
  // Beside the database, so that each data folder has its own key, and its own single instance. Chromium on Windows
  // keeps there what `key.safe` is decrypted with: a folder that is moved stays whole.
  const userData = join(settings.dataDir, APP_FOLDER)
  mkdirSync(userData, { recursive: true, mode: 0o700 })
  app.setPath('userData', userData)
  if (app.requestSingleInstanceLock()) app.whenReady().then(run).catch(giveUp)
  else app.exit(0)
} catch (cause) {
  giveUp(cause)
}

async function run(): Promise<void> {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, app.isPackaged)))
  refusePermissions()
  const key = await databaseKey({
    keyStore: safeStorage,
    platform: process.platform,
    dataDir: settings.dataDir,
    userData: app.getPath('userData'),
  })
  if (!key.ok) return giveUp(describeDatabaseKeyError(key.error))
  if (key.value.kind === 'key-file') log('database key in the key file', { reason: key.value.reason })
  const keyed = { ...settings, ...(key.value.kind === 'key-store' && { keyHex: key.value.hex }) }

  const server = supervise({
    start(isFirst) {
      const { join: _usedUp, recover: _back, forgetLock: _done, ...again } = keyed
      // A join link works once: the restarted server has joined already, or has its team back. A lock that was set since is to hold.
      return startServer(forkServer(), isFirst ? keyed : again)
    },
    onReady(url) {
      const isFirst = windowUrl === ''
      windowUrl = url
      // On a Mac the window may be closed meanwhile, and stays so.
      if (isFirst || window) showWindow()
    },
    onFailed(sentence) {
      askWhetherAgain(sentence, server).catch(giveUp)
    },
    now: () => performance.now(),
  })
  app.on('second-instance', focusWindow)
  app.on('activate', () => {
    if (windowUrl !== '' && !window) showWindow()
  })
  app.on('window-all-closed', () => {
    // On a Mac an app stays until it is told to quit; its window comes back from the Dock.
    if (process.platform !== 'darwin') app.quit()
  })
  stopBeforeQuitting(server)
  ipcMain.handle('server:restart', async ({ senderFrame }) => {
    if (!isOwnMainFrame(senderFrame, windowUrl)) return { ok: false, error: 'untrusted-sender' }
    await server.restart()
    return { ok: true }
  })
  ipcMain.handle('database:connect', ({ senderFrame }) => connectDatabase(senderFrame))
  await server.restart()
}

function forkServer(): ServerChild {
  const child = utilityProcess.fork(join(import.meta.dirname, '../server/electron.js'), [], {
    serviceName: 'WedSync server',
  })
  serverProcess = child
  return {
    send: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', listener),
    onExit(listener) {
      child.once('exit', (code) => {
        log('server ended', { code })
        if (serverProcess === child) serverProcess = undefined
        listener()
      })
    },
    kill: () => child.kill(),
  }
}

/**
 * Gives the page a line to its database, anew each time that it is loaded: one end of a channel to the server, the other
 * to the page. When either is gone, Electron closes the other.
 */
function connectDatabase(frame: WebFrameMain | null): { readonly ok: boolean; readonly error?: string } {
  if (!isOwnMainFrame(frame, windowUrl)) return { ok: false, error: 'untrusted-sender' }
  if (!serverProcess) return { ok: false, error: 'no-server' }
  const { port1, port2 } = new MessageChannelMain()
  serverProcess.postMessage({ type: 'window' } satisfies ToServer, [port1])
  frame.postMessage('database:port', null, [port2])
  return { ok: true }
}

function showWindow(): void {
  if (!window) {
    window = openWindow(() => windowUrl)
    window.once('closed', () => {
      window = undefined
    })
  }
  window.loadURL(windowUrl).catch((cause: unknown) => {
    // The window may be closed while it loads; when the server ended meanwhile, the next one is loaded.
    log('page not loaded', { reason: cause instanceof Error ? cause.name : 'unknown' })
  })
}

function focusWindow(): void {
  if (window?.isMinimized()) window.restore()
  window?.focus()
}

/** When all windows are closed, so that nothing is saved any more. */
function stopBeforeQuitting(server: Supervisor): void {
  let isStopped = false
  app.on('will-quit', (event) => {
    if (isStopped) return
    event.preventDefault()
    server
      .stop()
      .catch((cause: unknown) => log('server not stopped', { reason: String(cause) }))
      .finally(() => {
        isStopped = true
        app.quit()
      })
  })
}

async function askWhetherAgain(sentence: string, server: Supervisor): Promise<void> {
  process.stderr.write(`wedsync: ${sentence}\n`)
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'WedSync Hub',
    message: 'WedSync cannot show your weddings now',
    detail: sentence,
    buttons: ['Try again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  })
  if (response === 0) return server.restart()
  await server.stop()
  app.exit(EXIT_TOLD)
}

function giveUp(cause: unknown): void {
  const sentence = cause instanceof Error ? cause.message : String(cause)
  process.stderr.write(`wedsync: ${sentence}\n`)
  dialog.showErrorBox('WedSync cannot start', sentence)
  app.exit(EXIT_TOLD)
}
