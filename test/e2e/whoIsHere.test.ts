/** A vendor with a tablet is let in as the row of the plan that is its own; who is here, on what, and what a device is called. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { joinsReply } from '../../model/rest/hub.ts'
import { type RunningApp, startApp } from '../support/appWindow.ts'
import { launchChromium } from '../support/chromium.ts'
import { makeWedding, push } from '../support/teamCalls.ts'
import { rest, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let app: RunningApp
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
  app = await startApp(folders.make('anna'), ['--no-discovery', '--name', 'Anna', '--device-name', 'Old laptop'])
})

afterAll(async () => {
  await browser.close()
  await app.end()
  folders.cleanUp()
})

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

async function rename(page: Page, opener: string, name: string): Promise<void> {
  await button(page, opener).click()
  const dialog = page.getByRole('dialog', { name: /^Rename “/ })
  await dialog.getByLabel('What does the team call it?').fill(name)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
}

it('a vendor comes in as its own row, people see each other by name and device, and names are given by whose it is and by the owner', async () => {
  const { origin, hash } = new URL(app.windowUrl)
  const own = rest(origin, hash.replace('#launch=', ''))
  const { id } = await makeWedding(own, 'Anna & Ben', ['Ceremony'])
  const band = crypto.randomUUID()
  const data = { wedding_id: id, name: 'The Band', type: 'band' }
  await push(own, [{ action: 'create', table: 'vendors', id: band, data }])
  const anna = await browser.newPage({ viewport: { width: 1100, height: 800 } })
  await anna.goto(app.windowUrl)
  await button(anna, 'Devices').click()
  await button(anna, 'Let a device join').click()
  const invite = anna.getByRole('dialog', { name: 'Let a device join' })
  await invite.getByRole('combobox', { name: 'What may the person on it do?' }).click()
  await anna.getByRole('option', { name: /^Vendor/ }).click()
  await invite.getByRole('combobox', { name: 'Which vendor is it?' }).fill('band')
  await anna.getByRole('option', { name: 'The Band (band)' }).click()
  await invite.getByRole('button', { name: 'Show the code' }).click()
  const link = await invite.getByLabel('For a tablet or phone').inputValue()
  const { joins } = joinsReply.parse((await own.get('hub/joins')).body)
  expect(joins).toMatchObject([{ role: 'vendor', vendors: [band] }])

  const context = await browser.newContext({ viewport: { width: 768, height: 1024 }, ignoreHTTPSErrors: true })
  const vera = await context.newPage()
  await vera.goto(link)
  await vera.getByLabel('Your name').fill('Vera')
  await button(vera, 'Join the team').click()
  await vera.getByText('Anna & Ben').first().click()
  await vera.getByText('All equal').first().waitFor()
  await anna.keyboard.press('Escape')

  await button(vera, 'Devices').click()
  await rename(vera, 'Rename this device', 'Stage')
  const devices = anna.getByRole('region', { name: 'Devices of the team' })
  await devices.getByText('Vera on Stage').waitFor()
  await rename(anna, 'Rename Stage', 'Backstage')
  await vera.getByText('Vera on Backstage').first().waitFor()
  expect(await button(vera, 'Rename Old laptop').count()).toBe(0)
  await rename(anna, 'Rename Old laptop', 'Office')
  await vera.getByText('Connected with the hub “Office”').waitFor()

  await button(anna, 'Weddings').click()
  await anna.getByText('Anna & Ben').first().click()
  await button(anna, 'Edit Ceremony').click()
  await vera.getByRole('status').getByRole('button').first().click()
  const here = vera.getByRole('region', { name: 'Who is here' })
  await here.getByText('Anna on Office').waitFor()
  await here.getByText('Here now, in “Anna & Ben”, editing “Ceremony”').waitFor()
})
