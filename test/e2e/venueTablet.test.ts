/** A tablet at the venue: what it is told of the certificate, and what it has while the hub is away. */
import { request } from 'node:https'
import type { Browser, Page } from 'playwright'
import { afterEach, expect, it } from 'vitest'
import { fingerprintWords } from '../../model/identity/fingerprintWords.ts'
import { teamHost } from '../../model/identity/teamHost.ts'
import { pinnedAgent } from '../../server/identity/pinned.ts'
import { launchChromium } from '../support/chromium.ts'
import { itemTitles, lanOf, makeWedding, newJoin } from '../support/teamCalls.ts'
import { trustingChromium } from '../support/trustingChromium.ts'
import { eventually, rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let hub: Server | undefined
let browser: Browser | undefined

afterEach(async () => {
  await browser?.close()
  await hub?.kill()
  folders.cleanUp()
})

async function startHub(folder: string): Promise<Server> {
  hub = await serve(['hub', '--data', folder, '--lan-host', '127.0.0.1'])
  return hub
}

async function browserLink({ ready }: Server): Promise<string> {
  const { browser: link } = await newJoin(rest(ready.url, ready.token), { role: 'planner' })
  if (link === undefined) throw new Error('a link through the hub is for browsers too')
  return link
}

/** By which tablets call the hub of this team. */
function nameOf({ ready }: Server): string {
  return teamHost(new URL(lanOf(ready).join).searchParams.get('team') ?? '')
}

function download(url: string, fingerprint: string): Promise<{ type: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: pinnedAgent(fingerprint) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ type: response.headers['content-type'] ?? '', body: Buffer.concat(chunks) }))
    })
    asking.on('error', reject).end()
  })
}

async function joinAs(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel('Your name').fill('Piet')
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByText('Anna & Ben').first().click()
  await page.getByText('All equal').first().waitFor()
}

it('opens while the hub is away, once the authority of the hub is installed, and what is typed then arrives later', async () => {
  const folder = folders.make('hub')
  const first = await startHub(folder)
  const api = rest(first.ready.url, first.ready.token)
  const { id } = await makeWedding(api, 'Anna & Ben', ['Ceremony'])
  const { url, fingerprint } = lanOf(first.ready)
  const name = nameOf(first)
  const { body: authority, type } = await download(`${url}/trust/wedsync.crt`, fingerprint)
  expect(type).toContain('application/x-x509-ca-cert')

  browser = await trustingChromium(authority, folders.make('home'), {
    args: [`--host-resolver-rules=MAP ${name} 127.0.0.1`],
  })
  // Nothing is ignored: without trust, this page would not open.
  const context = await browser.newContext({ viewport: { width: 768, height: 1024 } })
  await expect((await context.newPage()).goto(url)).rejects.toThrow(/ERR_CERT/)
  const tablet = await context.newPage()
  await joinAs(tablet, (await browserLink(first)).replace('127.0.0.1', name))
  await tablet.evaluate(() => navigator.serviceWorker.ready)

  await first.kill()
  await tablet.reload()
  await tablet.getByRole('button', { name: 'Edit Ceremony' }).click()
  const dialog = tablet.getByRole('dialog')
  await dialog.getByLabel('Title').fill('Ceremony in the barn')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await tablet.getByText('Offline, 1 waiting').first().waitFor()
  await tablet.reload()
  await tablet.getByText('Ceremony in the barn').first().waitFor()

  const again = await startHub(folder)
  expect(lanOf(again.ready).url).toBe(url)
  await eventually(
    'the edit is at the hub',
    () => itemTitles(rest(again.ready.url, again.ready.token), id),
    (titles) => titles.includes('Ceremony in the barn'),
  )
})

it('is told what the warning means, and asked before a page is given up that would not open again', async () => {
  const started = await startHub(folders.make('hub'))
  await makeWedding(rest(started.ready.url, started.ready.token), 'Anna & Ben', ['Ceremony'])
  const { fingerprint } = lanOf(started.ready)
  browser = await launchChromium()
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const tablet = await context.newPage()
  const link = await browserLink(started)
  await tablet.goto(link)
  await tablet.getByRole('link', { name: /Did your browser warn you/ }).click()
  await tablet.getByText(fingerprintWords(fingerprint).join(' ')).waitFor()
  const onwards = tablet.getByRole('link', { name: nameOf(started) })
  await expect.poll(() => onwards.getAttribute('href')).toContain(new URL(link).hash)
  const profile = await download(`${lanOf(started.ready).url}/trust/wedsync.mobileconfig`, fingerprint)
  expect(profile.type).toContain('application/x-apple-aspen-config')

  await joinAs(tablet, link)
  const questions: string[] = []
  tablet.on('dialog', (dialog) => {
    questions.push(dialog.type())
    void dialog.dismiss()
  })
  await started.kill()
  await tablet.getByText('Offline').first().waitFor()
  await tablet.close({ runBeforeUnload: true })
  await expect.poll(() => questions).toEqual(['beforeunload'])
  await tablet.getByText('Ceremony').first().waitFor()
})
