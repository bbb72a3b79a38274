import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../server/http/listen.ts'
import { bundlePage } from '../bench/bundlePage.ts'
import { launchChromium } from '../support/chromium.ts'
import { uuidOf } from '../support/ids.ts'
import { mustBeOk } from '../support/mustBeOk.ts'
import type { tabletDatabasePage } from '../support/tabletDatabasePage.ts'

declare const window: { readonly bench: { readonly tabletDatabasePage: typeof tabletDatabasePage } }

const SCOPES = [uuidOf(1), uuidOf(2)]

describe('the database of a tablet', () => {
  let server: Server
  let browser: Awaited<ReturnType<typeof launchChromium>>
  let url: string
  beforeAll(async () => {
    const script = await bundlePage('../support/tabletDatabasePage.ts')
    server = createServer((request, response) => {
      const isScript = request.url === '/page.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(isScript ? script : '<!doctype html><script src="/page.js"></script>')
    })
    url = `http://127.0.0.1:${mustBeOk(await listen(server, 0, '127.0.0.1'))}`
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    server.close()
  })

  it('[1] that an earlier version has written is there, in its order, when this one opens it, and when it does so again', async () => {
    const page = await browser.newPage()
    await page.goto(url)
    const before = await page.evaluate(
      (scopes) => window.bench.tabletDatabasePage.writeFirstVersion(scopes, 30),
      SCOPES,
    )
    expect(before.map(({ log }) => log.length)).toEqual([30, 30])
    for (let time = 0; time < 2; time++) {
      await page.reload()
      const after = await page.evaluate((scopes) => window.bench.tabletDatabasePage.openThisVersion(scopes), SCOPES)
      expect(after.held).toEqual(before)
      expect(after.held.map(({ counted, behindFirst }) => [counted, behindFirst])).toEqual([
        [30, 29],
        [30, 29],
      ])
      expect(after.membership).toEqual({ team: 'Lake' })
    }
  })

  it('[ROL5] gives the place of a record that was taken out to no other change, also after it was closed', async () => {
    const page = await browser.newPage()
    await page.goto(url)
    await page.evaluate((scopes) => window.bench.tabletDatabasePage.writeFirstVersion(scopes, 10), SCOPES)
    const { heads, held } = await page.evaluate((scopes) => window.bench.tabletDatabasePage.takeOutLast(scopes), SCOPES)
    expect(held).toEqual(heads.map((head) => ({ head, counted: 10, records: 9 })))
  })
})
