/** Replacing the team's key as its owner does, in the window; and what a tablet that was in the team sees of it, and keeps. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningApp, startApp } from '../support/appWindow.ts'
import { launchChromium } from '../support/chromium.ts'
import { makeWedding } from '../support/teamCalls.ts'
import { rest, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let browser: Browser
let app: RunningApp
let owner: Page
let tablet: Page

beforeAll(async () => {
  browser = await launchChromium()
  const hub = await serve(['hub', '--data', folders.make('owner'), '--lan-host', '127.0.0.1'])
  await makeWedding(rest(hub.ready.url, hub.ready.token), 'Anna & Ben', ['Ceremony'])
  await hub.stop()
  app = await startApp(folders.make('owner'), ['--no-discovery', '--name', 'Ana'])
  owner = await browser.newPage({ viewport: { width: 1100, height: 900 } })
  await owner.goto(app.windowUrl)
})

afterAll(async () => {
  await browser.close()
  await app.end()
  folders.cleanUp()
})

/** Looked at by people when the screens change. */
async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env.WEDSYNC_SHOTS
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

async function invitation(): Promise<string> {
  await owner.getByRole('button', { name: 'Let a device join', exact: true }).click()
  const dialog = owner.getByRole('dialog', { name: 'Let a device join' })
  await dialog.getByRole('button', { name: 'Show the code' }).click()
  const link = await dialog.getByLabel('For a tablet or phone').inputValue()
  await owner.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  return link
}

async function joinWith(link: string): Promise<void> {
  await tablet.goto('about:blank')
  await tablet.goto(link)
  await tablet.getByLabel('Your name').fill('Piet')
  await tablet.keyboard.press('Enter')
  await tablet.getByText('All equal').first().waitFor()
}

async function openTeam(): Promise<void> {
  await owner
    .getByRole('link', { name: 'Devices' })
    .or(owner.getByRole('button', { name: 'Devices' }))
    .first()
    .click()
  await owner.getByRole('button', { name: 'Replace the team’s key' }).waitFor()
}

it('the owner types the words, prints new ones, and a tablet comes in again with what was typed on it meanwhile', async () => {
  await openTeam()
  await owner.getByRole('switch', { name: 'Be the hub of the venue' }).click()
  await owner.getByText('Words of this laptop, to compare on other screens').waitFor()
  await owner.getByRole('button', { name: 'Make a recovery kit' }).click()
  const words = (await kitWords()).join(' ')

  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 768, height: 1024 } })
  tablet = await context.newPage()
  await joinWith(await invitation())
  await tablet.getByText('Anna & Ben').first().click()
  await tablet.getByRole('button', { name: 'Edit Ceremony' }).waitFor()

  await owner.getByRole('button', { name: 'Replace the team’s key' }).click()
  const dialog = owner.getByRole('dialog', { name: 'Replace the team’s key' })
  await dialog.getByText(/These join again.*Piet/).waitFor()
  await dialog.getByLabel('The 24 words of the recovery kit').fill('abandon')
  await dialog.getByRole('button', { name: 'Replace the key' }).click()
  await dialog.getByText('These are not the 24 words').waitFor()
  await shot(owner, 'replace-key')
  await dialog.getByLabel('The 24 words of the recovery kit').fill(words)
  await dialog.getByRole('button', { name: 'Replace the key' }).click()
  await dialog.waitFor({ state: 'hidden' })

  await tablet.getByText('The team has a new key').waitFor()
  await tablet.getByText('Join again: nothing is sent').first().waitFor()
  await shot(tablet, 'tablet-key-replaced')
  await tablet.getByRole('button', { name: 'Edit Ceremony' }).click()
  const editing = tablet.getByRole('dialog')
  await editing.getByLabel('Title').fill('Ceremony in the barn')
  await editing.getByRole('button', { name: 'Save' }).click()
  await editing.waitFor({ state: 'hidden' })

  await owner.getByRole('button', { name: 'Make a recovery kit' }).click()
  expect((await kitWords()).join(' ')).not.toBe(words)
  await joinWith(await invitation())
  expect(await tablet.getByText('The team has a new key').count()).toBe(0)
  await owner.getByText('Weddings').first().click()
  await owner.getByText('Anna & Ben').first().click()
  await owner.getByRole('button', { name: 'Edit Ceremony in the barn' }).waitFor()
})

/** Those that the window shows, which are then said to be on paper. */
async function kitWords(): Promise<readonly string[]> {
  const words = owner.getByRole('list', { name: 'Words of the recovery kit' }).getByRole('listitem')
  await words.first().waitFor()
  const said = (await words.allInnerTexts()).map((text) => text.replace(/^\d+\s*/, '').trim())
  expect(said).toHaveLength(24)
  await owner.getByLabel('I have all 24 words on paper, in this order').check()
  await owner.getByRole('button', { name: 'Done' }).click()
  await owner.getByText('The team has a recovery kit').waitFor()
  return said
}
