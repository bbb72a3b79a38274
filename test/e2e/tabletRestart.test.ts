/** A tablet whose browser is killed while its hub is away. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright'
import { afterAll, expect, it } from 'vitest'
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.ts'
import { itemTitles, lanOf, makeWedding, newJoin } from '../support/teamCalls.ts'
import { eventually, rest, runningServers, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
const { up, down, killAll } = runningServers()
const profile = mkdtempSync(join(tmpdir(), 'wedsync-browser-'))

const started: BrowserContext[] = []

afterAll(async () => {
  await Promise.all(started.map((browser) => browser.close()))
  await killAll()
  folders.cleanUp()
  rmSync(profile, { recursive: true, force: true })
})

/** Says which process the browser is, and becomes it. */
const wrapper = join(profile, 'start')
const pidFile = join(profile, 'pid')
writeFileSync(wrapper, `#!/bin/sh\necho $$ > '${pidFile}'\nexec "$CHROMIUM_PATH" "$@"\n`, { mode: 0o700 })

async function startBrowser(): Promise<BrowserContext> {
  const browser = await chromium.launchPersistentContext(join(profile, 'data'), {
    executablePath: wrapper,
    env: { ...process.env, CHROMIUM_PATH: await findChromium() },
    args: [...CHROMIUM_FLAGS],
    ignoreHTTPSErrors: true,
    viewport: { width: 820, height: 1180 },
  })
  started.push(browser)
  return browser
}

/** As when somebody wipes the app away; the processes of its pages end with it. */
async function killBrowser(browser: BrowserContext): Promise<void> {
  const ended = new Promise((resolve) => browser.once('close', resolve))
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
  await ended
}

it('[INV1] what was saved there is there when the browser is started again, and goes to the hub when that is back', async () => {
  const data = folders.make('hub')
  let hub = await up(['hub', '--data', data, '--lan-host', '127.0.0.1'])
  const api = rest(hub.ready.url, hub.ready.token)
  const { id: wedding } = await makeWedding(api, 'Anna & Ben', ['Ceremony'])
  const { browser: link = '' } = await newJoin(api, { role: 'planner' })
  let browser = await startBrowser()
  const tablet = await browser.newPage()
  await tablet.goto(link)
  await tablet.getByLabel('Your name').fill('Piet')
  await tablet.keyboard.press('Enter')
  await tablet.getByText('Anna & Ben').first().click()
  await tablet.getByText('All equal').first().waitFor()
  await down(hub)

  await tablet.getByRole('button', { name: 'Edit Ceremony' }).click()
  const dialog = tablet.getByRole('dialog')
  await dialog.getByLabel('Title').fill('Ceremony in the barn')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await killBrowser(browser)

  // The page comes from the hub, whose certificate this browser does not trust: it keeps none of its own.
  const lan = new URL(lanOf(hub.ready).url)
  hub = await up(['hub', '--data', data, '--lan-host', '127.0.0.1', '--lan-port', lan.port])
  browser = await startBrowser()
  const again = await browser.newPage()
  await again.goto(lan.origin)
  await again.getByText('Anna & Ben').first().click()
  await again.getByRole('button', { name: 'Edit Ceremony in the barn' }).waitFor()
  const titles = await eventually(
    'the edit at the hub',
    () => itemTitles(rest(hub.ready.url, hub.ready.token), wedding),
    ([title]) => title !== 'Ceremony',
  )
  expect(titles).toEqual(['Ceremony in the barn'])
  await again.getByText('All equal').first().waitFor()
})
