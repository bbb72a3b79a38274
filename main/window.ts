/** The window: our own page, in a sandbox, and no way out of it but through `externalLink`. */
import { join } from 'node:path'
import { BrowserWindow, session, shell, type WebContents } from 'electron'
import { externalLink, isOwnPage } from './addresses.ts'
import { log } from './log.ts'

/** Not on disk: Chromium's cache would hold in plain text what the database keeps encrypted. */
const PARTITION = 'wedsync'

/** "Copy" beside an invitation. Everything else that a page could ask for is refused. */
const PERMITTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

/** For the whole app, once, before the first window. */
export function refusePermissions(): void {
  const ours = session.fromPartition(PARTITION)
  ours.setPermissionRequestHandler((_contents, permission, answer) => answer(PERMITTED.has(permission)))
  ours.setPermissionCheckHandler((_contents, permission) => PERMITTED.has(permission))
  ours.setDevicePermissionHandler(() => false)
}

/** @param currentUrl the page that the window shows; it changes when the server is started afresh */
export function openWindow(currentUrl: () => string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    show: false,
    title: 'WedSync Hub',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      partition: PARTITION,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      // Its dictionaries come from the internet, which this app must not need.
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  keepInside(window.webContents, currentUrl)
  return window
}

function keepInside(contents: WebContents, currentUrl: () => string): void {
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url)
    return { action: 'deny' }
  })
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame && isOwnPage(event.url, currentUrl())) return
    event.preventDefault()
    if (event.isMainFrame) openOutside(event.url)
  })
  contents.on('will-redirect', (event) => {
    if (!isOwnPage(event.url, currentUrl())) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

function openOutside(address: string): void {
  const link = externalLink(address)
  if (link === undefined) {
    log('link refused', { protocol: URL.parse(address)?.protocol ?? 'none' })
    return
  }
  shell.openExternal(link).catch((cause: unknown) => {
    log('link not opened', { reason: cause instanceof Error ? cause.message : String(cause) })
  })
}
