/** The part of the storage bench that runs in a real Chromium, beside a server that serves its window. */
import { createServer } from 'node:http'
import type { Page } from 'playwright'
import { z } from 'zod'
import type { SqliteStore } from '../../server/changes/sqlite.ts'
import { listen } from '../../server/http/listen.ts'
import { serveUpgrades } from '../../server/http/upgrades.ts'
import { serveWindow } from '../../server/install/remoteWindow.ts'
import { socketLine } from '../../server/install/windowLines.ts'
import { launchChromium } from '../support/chromium.ts'
import { bundlePage } from './bundlePage.ts'
import { newRecord } from './record.ts'
import type { storagePage } from './storagePage.ts'
import type { Document } from './storageTasks.ts'

export interface BrowserTasks {
  /** As JSON. */
  readonly template: string
  readonly ids: readonly Pick<Document, 'id' | 'scope'>[]
  readonly rounds: number
  readonly batches: number
  readonly singles: number
  readonly total: number
  readonly reads: number
}

declare const window: { readonly storagePage: typeof storagePage }

export async function measureInBrowser(store: SqliteStore, tasks: BrowserTasks) {
  const server = await serveBench(store, await bundlePage('storagePage.ts'))
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.goto(server.url)
    const remote = await page.evaluate(
      ({ ids, rounds, reads }) => window.storagePage.remote('secret', ids, rounds, reads),
      tasks,
    )
    const live = await liveDelays(page, store)
    const dexie = await page.evaluate(
      ({ template, rounds, batches, singles, total, reads }) =>
        window.storagePage.dexie(template, rounds, batches, singles, total, reads),
      tasks,
    )
    return { remote, dexie, live }
  } finally {
    await browser.close()
    server.close()
  }
}

const EDITS = 21

/**
 * From a change that arrives by sync until a live query of the page has told of it, in ms. Both processes read the same
 * clock, which has whole milliseconds.
 */
async function liveDelays(page: Page, store: SqliteStore): Promise<readonly number[]> {
  const scope = crypto.randomUUID()
  await page.evaluate((wedding) => window.storagePage.watch('secret', wedding), scope)
  const delays: number[] = []
  for (let edit = 0; edit < EDITS; edit += 1) {
    const record = { ...newRecord(), scope }
    const start = Date.now()
    await store.changes.update([record.id], () => [{ record, from: 'some-peer-1' }])
    const seen = await page.waitForFunction((id) => window.storagePage.seenAt(id), record.id)
    delays.push(z.number().parse(await seen.jsonValue()) - start)
  }
  return delays
}

/** Serves the window's channel, and a page with this script. */
export async function serveBench(store: SqliteStore, script: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', `${isScript ? 'text/javascript' : 'text/html'}; charset=utf-8`)
    response.end(isScript ? script : '<!doctype html><title>bench</title><script src="/page.js"></script>')
  })
  const upgrades = serveUpgrades(
    server,
    [{ path: '/api/offline/window/storage', serve: (socket) => serveWindow(socketLine(socket), store) }],
    () => undefined,
  )
  const port = await listen(server, 0, '127.0.0.1')
  if (!port.ok) throw new Error(port.error.kind)
  return {
    url: `http://127.0.0.1:${port.value}/`,
    close() {
      upgrades.close()
      server.close()
    },
  }
}
