/**
 * Joining as somebody does it who has only the screen and the task: each step by what is written there, on a laptop of 1100
 * pixels and a tablet of 768, with the time that it took. The times are of a machine that hesitates nowhere: a person adds
 * reading, speaking and typing.
 */
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningApp, startApp as startOn } from '../support/appWindow.ts'
import { launchChromium } from '../support/chromium.ts'
import { temporaryFolders } from '../support/wedsync.ts'

const LAPTOP = { width: 1100, height: 800 }
const TABLET = { width: 768, height: 1024 }

const folders = temporaryFolders()
const started: RunningApp[] = []
let browser: Browser

/** What `npm start` runs, and the window that it would open. */
async function startApp(name: string): Promise<RunningApp> {
  const app = await startOn(folders.make(name), ['--no-discovery', '--name', name])
  started.push(app)
  return app
}

async function open(url: string, viewport: typeof LAPTOP, context?: BrowserContext) {
  const own = context ?? (await browser.newContext({ viewport, ignoreHTTPSErrors: true }))
  const page = await own.newPage()
  await page.goto(url)
  return { page, context: own }
}

const times: string[] = []

async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const result = await work()
  times.push(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5)} s  ${step}`)
  return result
}

function button(page: Page, name: string | RegExp) {
  return page.getByRole('button', { name, exact: typeof name === 'string' })
}

/** @returns the link for a browser and the one for an install */
async function invite(page: Page, { role, askFirst = false }: { role?: RegExp; askFirst?: boolean } = {}) {
  await button(page, 'Let a device join').click()
  const dialog = page.getByRole('dialog', { name: 'Let a device join' })
  if (role) {
    await dialog.getByRole('combobox', { name: 'What may the person on it do?' }).click()
    await page.getByRole('option', { name: role }).click()
  }
  if (askFirst) await dialog.getByRole('radio', { name: /Ask me first/ }).check()
  await dialog.getByRole('button', { name: 'Show the code' }).click()
  await dialog.getByRole('img', { name: /QR code/ }).waitFor()
  return {
    browser: await dialog.getByLabel('For a tablet or phone').inputValue(),
    app: await dialog.getByLabel('For a laptop with WedSync').inputValue(),
  }
}

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  await Promise.all(started.map((app) => app.end()))
  folders.cleanUp()
})

it('a coordinator opens the hub, a tablet and a laptop join, one is shut out and comes back, all by what the screens say', async () => {
  const anna = await startApp('Anna')
  const { page: hub } = await open(anna.windowUrl, LAPTOP)
  await button(hub, 'Open the sample wedding').click()
  await hub.getByRole('tab', { name: 'Timeline' }).waitFor()

  await timed('switch the hub on (laptop)', async () => {
    await button(hub, 'Devices').click()
    await hub.getByRole('switch', { name: /Be the hub of the venue/ }).click()
    await hub.getByTestId('fingerprint-words').waitFor()
  })
  const fingerprint = await hub.getByTestId('fingerprint-words').first().innerText()
  expect(fingerprint.split(' ')).toHaveLength(6)

  // A photographer's tablet: the code is scanned from the screen, nobody is asked.
  const scanned = await timed('show a code for a photographer (laptop)', () => invite(hub, { role: /^Photographer/ }))
  const tablet = await timed('scan, type a name, see the weddings (tablet)', async () => {
    const opened = await open(scanned.browser, TABLET)
    await opened.page.getByLabel('Your name').fill('Piet')
    await button(opened.page, 'Join the team').click()
    await button(opened.page, /\(sample\)/).click()
    await opened.page.getByRole('tab', { name: 'Shot list' }).waitFor()
    return opened
  })
  await hub.getByText('This invitation was used').waitFor()
  await hub.keyboard.press('Escape')
  // Not anywhere on the page: the invitation says the same until it is known to be used.
  await hub.getByRole('region', { name: 'Devices of the team' }).getByText('Photographer, all weddings').waitFor()
  await hub.getByText(/^Here now, in “.*”$/).waitFor()

  // A planner's laptop: the link was sent, so both screens show a code, and the owner lets it in.
  const ben = await startApp('Ben')
  const { page: laptop } = await open(ben.windowUrl, LAPTOP)
  const sent = await timed('make a link that asks first (laptop)', () => invite(hub, { askFirst: true }))
  const code = await timed('paste the link, see the code (second laptop)', async () => {
    await button(laptop, /Join a team/).click()
    await laptop.getByLabel('Link').fill(sent.app)
    await button(laptop, 'Join').click()
    return laptop.locator('.join-code').innerText()
  })
  await timed('compare the code, let in, weddings are there (both)', async () => {
    const request = hub.getByRole('dialog').getByRole('alert', { name: 'Ben asks to join' })
    expect(await request.locator('.join-code').innerText()).toBe(code)
    await request.getByRole('button', { name: 'Same code: let in' }).click()
    await button(laptop, /\(sample\)/).click()
    await laptop.getByRole('tab', { name: 'Timeline' }).waitFor()
  })
  await hub.keyboard.press('Escape')

  // Who is here, and what they are editing.
  await timed('see on the hub what the second laptop is editing', async () => {
    await button(hub, 'Weddings').click()
    await button(hub, /\(sample\)/).click()
    await laptop
      .getByRole('button', { name: /^Edit / })
      .first()
      .click()
    await hub.getByText('Ben editing').waitFor()
  })
  await laptop.keyboard.press('Escape')
  await hub.getByText('Ben editing').waitFor({ state: 'detached' })

  // A tablet that was left in a taxi: shut out, told so, and let in again.
  await timed('shut the tablet out, and it says so (both)', async () => {
    await button(hub, 'Devices').click()
    await button(hub, /^Shut out Piet/).click()
    await hub.getByRole('dialog').getByRole('button', { name: 'Shut out' }).click()
    await hub.getByText(/^Shut out: Piet on /).waitFor()
    await tablet.page.getByText('This device was shut out of the team').waitFor()
    await tablet.page.getByText('Shut out: nothing is sent').waitFor()
  })
  // Whoever does not read it goes on ticking.
  const done = (page: Page) => page.getByRole('checkbox', { name: /^Done: / }).first()
  await done(tablet.page).click()
  await tablet.page.getByText(/^1 of \d+ done$/).waitFor()
  const again = await timed('a new code for it (laptop)', () => invite(hub))
  await timed('the same tablet joins again', async () => {
    await tablet.page.close()
    const { page } = await open(again.browser, TABLET, tablet.context)
    await page.getByLabel('Your name').fill('Piet')
    await button(page, 'Join the team').click()
    await button(page, /\(sample\)/).click()
    await page.getByText(/^1 of \d+ done$/).waitFor()
    expect(await page.getByText('This device was shut out of the team').count()).toBe(0)
  })
  await hub.keyboard.press('Escape')
  await button(hub, 'Weddings').click()
  await button(hub, /\(sample\)/).click()
  await hub.getByText(/^1 of \d+ done$/).waitFor()

  // A link that is declined.
  await button(hub, 'Devices').click()
  const { browser: link } = await invite(hub, { askFirst: true })
  const { page: eve } = await open(link, TABLET)
  await eve.getByLabel('Your name').fill('Eve')
  await button(eve, 'Join the team').click()
  await hub.getByRole('dialog').getByRole('button', { name: 'Decline' }).click()
  await eve.getByText('You were not let in').waitFor()
  await hub.keyboard.press('Escape')

  await timed('make the recovery kit (laptop)', async () => {
    await button(hub, 'Make a recovery kit').click()
    const words = hub.getByRole('list', { name: 'Words of the recovery kit' }).getByRole('listitem')
    await words.last().waitFor()
    expect(await words.count()).toBe(24)
    await hub.getByRole('checkbox', { name: /I have all 24 words/ }).check()
    await button(hub, 'Done').click()
    await hub.getByText('The team has a recovery kit').waitFor()
  })

  // A link that went to the wrong person. The list may still show the invitation that was declined, which is no longer to be withdrawn.
  await hub.getByRole('region', { name: 'Open invitations' }).waitFor({ state: 'detached' })
  const wrong = await invite(hub)
  await hub.keyboard.press('Escape')
  await hub.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => button(hub, 'Withdraw').count(), { timeout: 20_000 }).toBe(1)
  await button(hub, 'Withdraw').click()
  await hub.getByRole('region', { name: 'Open invitations' }).waitFor({ state: 'detached' })
  const { page: stranger } = await open(wrong.browser, TABLET)
  await stranger.getByLabel('Your name').fill('Eve')
  await button(stranger, 'Join the team').click()
  await stranger.getByText('You were not let in').waitFor()

  // The hub's battery dies.
  await anna.end('SIGKILL')
  await timed('the hub is gone: the second laptop takes over with one press', async () => {
    await button(laptop, 'Devices').click()
    await button(laptop, 'Take over').click()
    await laptop.getByTestId('fingerprint-words').waitFor()
  })
  process.stdout.write(`joining as a new user:\n${times.join('\n')}\n`)
})
