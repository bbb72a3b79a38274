/** The app's window on an install: real server, real Chromium, first start to a conflict. */
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startApp as startOn } from '../support/appWindow.ts'
import { launchChromium } from '../support/chromium.ts'
import { temporaryFolders } from '../support/wedsync.ts'

const GUESTS = fileURLToPath(new URL('../fixtures/real/guests-dietary-wedding-table-match.csv', import.meta.url))
const FESTIVAL = fileURLToPath(new URL('../fixtures/real/festival-running-order-node-ical.ics', import.meta.url))

const folders = temporaryFolders()
const started: RunningApp[] = []
let browser: Browser

async function startApp(name: string): Promise<RunningApp> {
  const app = await startOn(folders.make(name))
  started.push(app)
  return app
}

async function open(url: string): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url)
  return { page, errors }
}

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  const codes = await Promise.all(started.map((app) => app.end()))
  folders.cleanUp()
  expect(codes.every((code) => code === 0)).toBe(true)
})

describe('the window', () => {
  it('opens the sample wedding, keeps an edit over a reload, and shows it in a second window at once', async () => {
    const { lines, windowUrl } = await startApp('sample')
    expect(lines()[0]).toMatch(/no display/)
    const { page, errors } = await open(windowUrl)
    await page.getByRole('button', { name: 'Import a file' }).waitFor()
    await page.getByRole('button', { name: 'Open the sample wedding' }).click()
    await page.getByRole('tab', { name: 'Timeline' }).waitFor()
    expect(page.url()).not.toContain('launch')
    await page
      .getByRole('checkbox', { name: /^Done: / })
      .nth(39)
      .waitFor()
    expect(await page.getByRole('checkbox', { name: /^Done: / }).count()).toBeGreaterThanOrEqual(40)
    await page.getByRole('tab', { name: 'Shot list' }).click()
    await page
      .getByRole('checkbox', { name: /^Taken: / })
      .first()
      .waitFor()
    expect(await page.getByRole('checkbox', { name: /^Taken: / }).count()).toBeGreaterThanOrEqual(25)
    await page.getByRole('tab', { name: 'Timeline' }).click()
    await page.getByTestId('now-line').waitFor({ state: 'attached' })

    const second = await open(windowUrl)
    await second.page.getByRole('button', { name: /sample/ }).click()
    await second.page.getByRole('tab', { name: 'Timeline' }).waitFor()

    await page.getByRole('button', { name: 'Add item' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Title', { exact: true }).fill('Photographer eats')
    await dialog.getByLabel('Start', { exact: true }).fill('19:05')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await second.page.getByText('Photographer eats', { exact: true }).waitFor({ timeout: 5_000 })
    await page.reload()
    await page.getByText('Photographer eats', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Delete Photographer eats' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await second.page.getByText('Photographer eats', { exact: true }).waitFor({ state: 'detached', timeout: 5_000 })
    await page.getByRole('button', { name: 'Undo' }).click()
    await second.page.getByText('Photographer eats', { exact: true }).waitFor({ timeout: 5_000 })
    expect([...errors, ...second.errors]).toEqual([])
  })

  it('imports a calendar and a guest list after showing what it understood', async () => {
    const { windowUrl } = await startApp('import')
    const { page, errors } = await open(windowUrl)
    for (const { file, rows } of [
      { file: FESTIVAL, rows: 128 },
      { file: GUESTS, rows: 20 },
    ]) {
      await page.getByRole('button', { name: 'Import a file' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.locator('input[type=file]').setInputFiles(file)
      await dialog.getByLabel('Wedding name').fill(`Wedding of ${rows}`)
      await dialog.getByLabel('Date', { exact: true }).fill('2011-08-04')
      await dialog.getByRole('button', { name: 'Read the file' }).click()
      await dialog
        .getByText(new RegExp(`\\b${rows}\\b`))
        .first()
        .waitFor()
      await dialog.getByRole('button', { name: 'Save' }).click()
      await dialog.waitFor({ state: 'hidden' })
      const back = page.getByRole('button', { name: 'Weddings' }).or(page.getByRole('link', { name: 'Weddings' }))
      if (await back.isVisible()) await back.click()
      await page.getByRole('button', { name: new RegExp(`Wedding of ${rows}`) }).waitFor()
    }
    expect(errors).toEqual([])
  })

  it('locks when it is told to, shows and gives away nothing until the passphrase is said, and then goes on', async () => {
    const { windowUrl } = await startApp('lock')
    const { page } = await open(windowUrl)
    await page.getByRole('button', { name: 'Open the sample wedding' }).click()
    await page.getByRole('tab', { name: 'Timeline' }).waitFor()
    await page.getByRole('button', { name: 'Devices' }).click()
    await page.getByRole('button', { name: 'Set a passphrase' }).click()
    await page.getByLabel('Passphrase', { exact: true }).fill('hydrangea')
    await page.getByLabel('The same again').fill('hydrangea')
    await page.getByRole('button', { name: 'Lock from now on' }).click()
    const { origin, hash } = new URL(windowUrl)
    const ask = async (path: string) => {
      const headers = { Authorization: `Bearer ${hash.replace('#launch=', '')}` }
      return (await fetch(`${origin}/api/offline/${path}`, { headers })).status
    }
    expect(await ask('weddings')).toBe(200)
    await page.getByRole('button', { name: 'Lock now' }).click()

    await page.getByRole('heading', { name: 'Locked' }).waitFor()
    expect(await page.getByText(/sample/).count()).toBe(0)
    expect([await ask('weddings'), await ask('window')]).toEqual([401, 423])
    const second = await open(windowUrl)
    await second.page.getByRole('heading', { name: 'Locked' }).waitFor()

    await page.getByLabel('Passphrase').fill('hortensia')
    await page.getByRole('button', { name: 'Unlock' }).click()
    await page.getByText('This is not the passphrase').waitFor()
    await page.getByLabel('Passphrase').fill('hydrangea')
    await page.getByRole('button', { name: 'Unlock' }).click()
    await page.getByRole('button', { name: 'Lock now' }).waitFor()
    await page.getByRole('button', { name: 'Weddings' }).click()
    await page.getByRole('button', { name: /sample/ }).waitFor()
  })

  it('lets a tablet in by the link that it shows, and both see what the other does', async () => {
    const { windowUrl } = await startApp('invite')
    const { page, errors } = await open(windowUrl)
    await page.getByRole('button', { name: 'Open the sample wedding' }).click()
    await page.getByRole('tab', { name: 'Timeline' }).waitFor()
    await page.getByRole('button', { name: 'Devices' }).click()
    await page.getByRole('button', { name: 'Let a device join' }).click()
    const dialog = page.getByRole('dialog', { name: 'Let a device join' })
    await dialog.getByRole('button', { name: 'Show the code' }).click()
    const link = await dialog.getByLabel('For a tablet or phone').inputValue()
    expect(link).toMatch(/^https:\/\/.*#join=/)
    await dialog.getByRole('img', { name: /code/i }).waitFor()
    await page.keyboard.press('Escape')
    await page.goBack()

    const tablet = await open(link)
    await tablet.page.getByLabel('Your name').fill('Piet')
    await tablet.page.getByRole('button', { name: 'Join the team' }).click()
    await tablet.page.getByRole('button', { name: /sample/ }).click()
    const first = tablet.page.getByRole('checkbox', { name: /^Done: / }).first()
    const name = await first.getAttribute('aria-label')
    await first.click()
    await page.getByRole('checkbox', { name: name ?? '', exact: true, checked: true }).waitFor({ timeout: 5_000 })

    // The same link again, on another tablet: it has been used.
    const stranger = await open(link)
    await stranger.page.getByLabel('Your name').fill('Eve')
    await stranger.page.getByRole('button', { name: 'Join the team' }).click()
    await stranger.page.getByText(/used/i).first().waitFor()
    expect([...errors, ...tablet.errors]).toEqual([])
  })
})
