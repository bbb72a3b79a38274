/**
 * The app's window as Electron would show it: bundles of main, preload and server, the built pages in a real Chromium, and
 * the database over a message port. Electron itself is played by a stand-in (`electronStandInPage.ts` says how).
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { showInPage } from '../support/electronStandInPage.ts'
import { buildApp, type StandInApp, startStandInApp } from '../support/standInApp.ts'
import { temporaryFolders } from '../support/wedsync.ts'

const RESTARTED = { timeout: 60_000 }

const folders = temporaryFolders()
const apps: StandInApp[] = []
let bundles = ''
let browser: Browser

beforeAll(async () => {
  bundles = await buildApp()
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  for (const { process } of apps) process.kill('SIGKILL')
  await Promise.all(apps.map(({ exited }) => exited))
  rmSync(bundles, { recursive: true, force: true })
  folders.cleanUp()
})

async function start(name: string): Promise<{ app: StandInApp; page: Page; sockets: string[] }> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(new URL(socket.url()).pathname))
  const app = startStandInApp(bundles, folders.make(name))
  apps.push(app)
  await showInPage(page, app, join(bundles, 'preload/preload.cjs'))
  return { app, page, sockets }
}

const item = (page: Page, title: string) => page.getByText(title, { exact: true })

async function addItem(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Add item' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Title', { exact: true }).fill(title)
  await dialog.getByLabel('Start', { exact: true }).fill('19:05')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await item(page, title).waitFor()
}

async function openSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: /sample/ }).click()
  await page.getByRole('tab', { name: 'Timeline' }).waitFor()
}

/** Each start of the server has an address of its own. */
async function hasNewServer(page: Page, before: string): Promise<void> {
  await expect.poll(() => new URL(page.url()).origin, RESTARTED).not.toBe(new URL(before).origin)
}

it('has its database over a port: at first, after a reload, and with a server that was started afresh', async () => {
  const { app, page, sockets } = await start('port')
  await openSample(page)
  await addItem(page, 'Photographer eats')
  await page.reload()
  await item(page, 'Photographer eats').waitFor()
  await addItem(page, 'Speeches')

  const first = page.url()
  // Not awaited in the page, which is gone before there is an answer.
  await page.evaluate(() => void window.wedsync?.restart())
  await hasNewServer(page, first)
  await openSample(page)
  await item(page, 'Speeches').waitFor()
  await addItem(page, 'Cake for the band')

  // One port for each load of the page, and no socket to the database.
  expect(app.events.filter(({ event }) => event === 'post')).toHaveLength(3)
  expect(sockets).not.toContain('/api/offline/window/storage')
  app.order({ do: 'quit' })
  expect(await app.exited).toBe(0)
})

it('says that nothing can be saved when its server is gone, and goes on with the next one', async () => {
  const { app, page } = await start('death')
  await openSample(page)
  const first = page.url()
  app.order({ do: 'kill-server' })
  await hasNewServer(page, first)
  await openSample(page)

  // For the second time within a minute, so that there is no next one by itself.
  app.order({ do: 'kill-server' })
  await page.getByText('WedSync on this computer has stopped').first().waitFor()
  expect((await app.next('message-box')).detail).toContain('twice within a minute')
  expect(await app.exited).toBe(70)
})
