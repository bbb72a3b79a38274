/** A tablet with several tabs of its browser open: one holds the data and syncs, all can be worked with, and one follows the other. */
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { isSameJson } from '../../model/canonicalJson.ts'
import { installStatus } from '../../model/database/status.ts'
import { presenceReply } from '../../model/rest/presence.ts'
import { launchChromium } from '../support/chromium.ts'
import { choose, picture } from '../support/photos.ts'
import { itemTitles, lanOf, makeWedding, newJoin, records } from '../support/teamCalls.ts'
import { eventually, type Rest, rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let hub: Server
let api: Rest
/** Each test has its own. */
let wedding: string
let name: string
let browser: Browser
let context: BrowserContext
const errors: string[] = []

beforeAll(async () => {
  hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'])
  api = rest(hub.ready.url, hub.ready.token)
  browser = await launchChromium()
})

beforeEach(async ({ task }) => {
  name = `Wedding of ${task.id}`
  wedding = (await makeWedding(api, name, ['Ceremony', 'Dinner'])).id
})

afterEach(async () => {
  await context.close()
})

afterAll(async () => {
  await browser.close()
  await hub.kill()
  folders.cleanUp()
})

const newContext = () => browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 820, height: 1180 } })

async function openTab(url = new URL(lanOf(hub.ready).url).origin): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.goto(url)
  return page
}

/** The first tab of a tablet that joins, and a second one beside it. */
async function openTwo(): Promise<readonly [Page, Page]> {
  context = await newContext()
  const { browser: link } = await newJoin(api, { role: 'planner' })
  const first = await openTab(link)
  await first.getByLabel('Your name').fill('Piet')
  await first.keyboard.press('Enter')
  await first.getByText(name).first().click()
  await first.getByRole('button', { name: 'Edit Dinner' }).waitFor()
  const second = await openTab()
  await second.getByText(name).first().click()
  return [first, second]
}

async function openForm(page: Page, title: string, next: string): Promise<void> {
  await page.getByRole('button', { name: `Edit ${title}`, exact: true }).click()
  await page.getByRole('dialog').getByLabel('Title').fill(next)
}

async function save(page: Page): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}

async function atHub(title: string): Promise<void> {
  await eventually(
    `${title} at the hub`,
    () => itemTitles(api, wedding),
    (titles) => titles.includes(title),
  )
}

it('one that has nothing to open yet follows as soon as the first one has joined', async () => {
  context = await newContext()
  const { browser: link } = await newJoin(api, { role: 'planner' })
  const first = await openTab(link)
  await first.getByLabel('Your name').waitFor()
  const second = await openTab()
  await second.getByRole('heading', { name: 'WedSync is already open in another tab' }).waitFor()
  await first.getByLabel('Your name').fill('Piet')
  await first.keyboard.press('Enter')
  await second.getByText(name).first().click()
  await Promise.all([first, second].map((tab) => tab.reload()))
  await Promise.all([first, second].map((tab) => tab.getByText('All equal').first().waitFor()))
})

it('one beside a tab that is asleep says where WedSync is open, and takes over when that is closed', async () => {
  const [first, second] = await openTwo()
  // As a browser stops the tabs that nobody looks at: it runs nothing, and keeps what it holds.
  const devTools = await context.newCDPSession(first)
  await devTools.send('Debugger.enable')
  await devTools.send('Debugger.pause')
  await second.reload()
  await second.getByRole('heading', { name: 'WedSync is already open in another tab' }).waitFor()
  await devTools.send('Debugger.resume')
  await first.close()
  await second.getByText('All equal').first().waitFor()
})

it('[SYN28] what is typed in either is in both and at the hub, which knows one device', async () => {
  const [first, second] = await openTwo()
  await openForm(second, 'Ceremony', 'Ceremony in the barn')
  await save(second)
  await first.getByRole('button', { name: 'Edit Ceremony in the barn' }).waitFor()
  await openForm(first, 'Dinner', 'Dinner outside')
  await save(first)
  await second.getByRole('button', { name: 'Edit Dinner outside' }).waitFor()
  await Promise.all([atHub('Ceremony in the barn'), atHub('Dinner outside')])
  await second.getByText('All equal').first().waitFor()
  const { devices } = installStatus.pick({ devices: true }).parse((await api.get('status')).body)
  expect(devices).toMatchObject([{ state: 'equal' }])
})

it('a photo that is added beside the tab that holds the data is shown there, and sent', async () => {
  const [, second] = await openTwo()
  await second.getByRole('tab', { name: 'Photos and documents' }).click()
  await choose(second, 'Add photos', [{ name: 'dance.bmp', mimeType: 'image/bmp', buffer: picture(320, 240) }])
  await second.getByRole('button', { name: 'Show dance.bmp' }).waitFor()
  await eventually(
    'the photo at the hub',
    () => records(api, wedding, 'photos'),
    ([photo]) => photo?.data.uploadState === 'uploaded',
  )
})

it('the others see what is being edited in either', async () => {
  const [, second] = await openTwo()
  const editing = async () => {
    const told = await api.send('PUT', 'presence', { weddingId: wedding, state: {} })
    return presenceReply.parse(told.body).devices.map(({ state }) => state)
  }
  const items = await records(api, wedding, 'timeline_items')
  const item = items.find(({ data }) => data.title === 'Ceremony')
  await openForm(second, 'Ceremony', 'Ceremony in the rain')
  await eventually('said to be edited', editing, ([state]) => isSameJson(state, { editing: item?.id }))
  await second.close()
  await eventually('no longer', editing, ([state]) => isSameJson(state, {}))
})

it('a tab that is told to open again does so, with what is being typed in it', async () => {
  const [, second] = await openTwo()
  await openForm(second, 'Ceremony', 'Ceremony in the sun')
  const locks = () => second.evaluate(async () => (await navigator.locks.query()).held?.map(({ name = '' }) => name))
  const before = await locks()
  // What no tab of this version says.
  await second.evaluate((names = []) => {
    for (const name of names) new BroadcastChannel(name).postMessage({ say: 'nonsense' })
  }, before)
  await expect.poll(async () => (await locks())?.filter((name) => before?.includes(name))).toHaveLength(1)
  await save(second)
  await atHub('Ceremony in the sun')
})

it('[SYN28] another takes over when the one that holds the data is closed, with what is being typed there, and a third one follows', async () => {
  const [first, second] = await openTwo()
  const third = await openTab()
  await third.getByText(name).first().click()
  await openForm(second, 'Ceremony', 'Ceremony at the lake')
  await first.close()
  // Until the other one has taken over, what is pressed fails, says so, and is pressed once more.
  const form = second.getByRole('dialog')
  await vi.waitFor(async () => {
    expect(await form.getByLabel('Title').inputValue()).toBe('Ceremony at the lake')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.waitFor({ state: 'hidden', timeout: 1_000 })
  }, 20_000)
  await atHub('Ceremony at the lake')
  await third.getByRole('button', { name: 'Edit Ceremony at the lake' }).waitFor()
  await openForm(third, 'Ceremony at the lake', 'Ceremony at noon')
  await save(third)
  await second.getByRole('button', { name: 'Edit Ceremony at noon' }).waitFor()
  await atHub('Ceremony at noon')
})

it('nothing went wrong in any page', () => {
  expect(errors).toEqual([])
})
