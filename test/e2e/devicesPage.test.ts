/** The Devices page as those use it who have no mouse, who were shut out of their team, or whose hub is slow. */
import type { Browser, Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { deviceEntry } from '../../model/rest/devices.ts'
import { type RunningApp, startApp as startOn } from '../support/appWindow.ts'
import { launchChromium } from '../support/chromium.ts'
import { itemTitles, lanOf, makeWedding, newJoin } from '../support/teamCalls.ts'
import { eventually, rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
const apps: RunningApp[] = []
let hub: Server | undefined
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  await Promise.all([hub?.stop(), ...apps.map((app) => app.end())])
  folders.cleanUp()
})

async function openApp(name: string, ...args: readonly string[]): Promise<Page> {
  const app = await startOn(folders.make(name), ['--no-discovery', '--name', name, ...args])
  apps.push(app)
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } })
  await page.goto(app.windowUrl)
  return page
}

const MAX_TABS = 60

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${target}`)
}

async function press(page: Page, target: Locator, key: 'Enter' | 'Space'): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

/** What can be pressed or filled in on the page, by number, and which of these Tab leads to. */
async function reachable(
  page: Page,
): Promise<{ readonly all: readonly string[]; readonly reached: readonly string[] }> {
  const nameOf = (element: Element): string =>
    `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent ?? ''} ${element.id}`
  await page.evaluate(`window.nameOf = ${nameOf}`)
  const all = await page
    .locator('main :is(button, a[href], input, select, textarea):not([disabled]):not([tabindex="-1"]):visible')
    .evaluateAll((elements) =>
      elements.map((each) => (window as unknown as { nameOf(e: Element): string }).nameOf(each)),
    )
  const reached = new Set<string>()
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    await page.keyboard.press('Tab')
    reached.add(
      await page.evaluate(() =>
        (window as unknown as { nameOf(e: Element): string }).nameOf(document.activeElement ?? document.body),
      ),
    )
  }
  return { all, reached: [...reached] }
}

it('every control of the Devices page can be reached and used with the keys alone', async () => {
  const page = await openApp('Anna')
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const dialog = (name: string) => page.getByRole('dialog', { name })
  const start = page.getByRole('link', { name: 'Devices' }).or(button('Devices')).first()
  await press(page, start, 'Enter')
  await button('Join a team').waitFor()
  await page.getByRole('button', { name: 'Set a passphrase' }).waitFor()

  const { all, reached } = await reachable(page)
  expect(all.length).toBeGreaterThanOrEqual(6)
  expect(all.filter((control) => !reached.includes(control))).toEqual([])

  const hubSwitch = page.getByRole('switch', { name: 'Be the hub of the venue' })
  await press(page, hubSwitch, 'Space')
  await page.getByText('Words of this laptop, to compare on other screens').waitFor()
  const takesOver = page.getByRole('checkbox', { name: 'If the hub disappears, this laptop takes over by itself' })
  await press(page, takesOver, 'Space')
  await expect.poll(() => takesOver.isChecked()).toBe(true)

  await press(page, button('Let a device join'), 'Enter')
  const invite = dialog('Let a device join')
  await press(page, invite.getByRole('combobox', { name: 'What may the person on it do?' }), 'Enter')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await press(page, invite.getByRole('button', { name: 'Show the code' }), 'Enter')
  await invite.getByRole('img', { name: /QR code/ }).waitFor()
  await press(page, invite.getByRole('button', { name: 'Copy' }).first(), 'Enter')
  await page.keyboard.press('Escape')
  await invite.waitFor({ state: 'hidden' })
  await expect.poll(() => button('Let a device join').evaluate((it) => it === document.activeElement)).toBe(true)
  await press(page, button('Withdraw'), 'Enter')
  await button('Withdraw').waitFor({ state: 'hidden' })

  for (const [opener, title] of [
    ['Join a team', 'Join a team'],
    ['Make a recovery kit', 'Your recovery kit'],
    ['Replace the team’s key', 'Replace the team’s key'],
    ['Set a passphrase', 'Set a passphrase'],
  ] as const) {
    await press(page, button(opener), 'Enter')
    await dialog(title).waitFor()
    const isInside = () => page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null)
    await expect.poll(isInside, { message: `the focus is in “${title}”` }).toBe(true)
    await page.keyboard.press('Escape')
    await dialog(title).waitFor({ state: 'hidden' })
  }
  await press(page, hubSwitch, 'Space')
  await expect.poll(() => hubSwitch.isChecked()).toBe(false)
})

it('a laptop that was shut out comes in again from its own window, with what was written meanwhile', async () => {
  hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'])
  const { ready } = hub
  const owner = rest(ready.url, ready.token)
  const { id } = await makeWedding(owner, 'Anna & Ben', ['Ceremony'])
  const page = await openApp('Ben', '--join', lanOf(ready).join)
  await page.getByText('Anna & Ben').first().click()
  await page.getByText('All equal').first().waitFor()
  const { devices } = z.object({ devices: z.array(deviceEntry) }).parse((await owner.get('devices')).body)
  const ben = devices.find(({ personName }) => personName === 'Ben')
  const revoked = await fetch(`${ready.url}/api/offline/devices/${ben?.deviceId}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${ready.token}` },
  })
  expect(revoked.status).toBe(204)

  await page.getByText('This device was shut out of the team').waitFor()
  await page.reload()
  await page.getByText('This device was shut out of the team').waitFor()
  await page.getByRole('button', { name: 'Edit Ceremony' }).click()
  const editing = page.getByRole('dialog')
  await editing.getByLabel('Title').fill('Ceremony in the barn')
  await editing.getByRole('button', { name: 'Save' }).click()
  await editing.waitFor({ state: 'hidden' })

  const { join } = await newJoin(owner, {})
  await page.getByRole('button', { name: 'Join again' }).click()
  const dialog = page.getByRole('dialog', { name: 'Join a team' })
  await dialog.getByLabel('Link').fill(join)
  await dialog.getByRole('button', { name: 'Join' }).click()
  await page.getByText('This device was shut out of the team').waitFor({ state: 'hidden' })
  await eventually(
    'what was written meanwhile is at the hub',
    () => itemTitles(owner, id),
    (titles) => titles.includes('Ceremony in the barn'),
  )
})

it('an invitation that is used before the list of invitations comes, at a slow hub, is said to be used', async () => {
  const page = await openApp('Cleo')
  const isIn = Promise.withResolvers<void>()
  await page.route('**/api/offline/hub/joins', async (route) => {
    if (route.request().method() === 'GET') await isIn.promise
    await route.continue()
  })
  await page.getByRole('button', { name: 'Devices', exact: true }).click()
  await page.getByRole('button', { name: 'Let a device join', exact: true }).click()
  const invite = page.getByRole('dialog', { name: 'Let a device join' })
  await invite.getByRole('button', { name: 'Show the code' }).click()
  const link = await invite.getByLabel('For a tablet or phone').inputValue()
  const tablet = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
  await tablet.goto(link)
  await tablet.getByLabel('Your name').fill('Piet')
  await tablet.keyboard.press('Enter')
  await tablet.getByText('All equal').first().waitFor()
  isIn.resolve()
  await invite.getByText('This invitation was used').waitFor()
})
