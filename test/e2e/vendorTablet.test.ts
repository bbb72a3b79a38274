/** A vendor's tablet in a real browser: it can do what a vendor may in its own items, and sees no button for anything else. */
import { expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { makeWedding, newJoin, push, records } from '../support/teamCalls.ts'
import { eventually, rest, serve, temporaryFolders } from '../support/wedsync.ts'

it('[ROL1] ticks its own items by their status, and nothing of others', async () => {
  const folders = temporaryFolders()
  onTestFinished(() => folders.cleanUp())
  const hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--name', 'Hana'])
  onTestFinished(async () => {
    await hub.stop()
  })
  const api = rest(hub.ready.url, hub.ready.token)
  const { id: wedding, items } = await makeWedding(api, 'Anna & Ben', ['Ceremony', 'First set'])
  const [, set = ''] = items
  const band = crypto.randomUUID()
  await push(api, [
    { action: 'create', table: 'vendors', id: band, data: { wedding_id: wedding, name: 'The Band' } },
    { action: 'update', table: 'timeline_items', id: set, data: { assignedVendors: ['The Band'] } },
  ])
  const { browser: link } = await newJoin(api, { role: 'vendor', vendors: [band] })
  if (link === undefined) throw new Error('a link through the hub is for browsers too')

  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 768, height: 1024 } })
  const tablet = await context.newPage()
  const errors: string[] = []
  tablet.on('pageerror', ({ message }) => errors.push(message))
  await tablet.goto(link)
  await tablet.getByLabel('Your name').fill('Vera')
  await tablet.getByRole('button', { name: 'Join' }).click()
  await tablet.getByText('Anna & Ben').first().click()
  const [own, other] = [tablet.getByLabel('Done: First set'), tablet.getByLabel('Done: Ceremony')]
  await tablet.locator('input[aria-label="Done: First set"]:enabled').waitFor()
  expect(await other.isDisabled()).toBe(true)
  const buttons = tablet.getByRole('button', { name: /^(Edit|Push from|Delete|Add item)/ })
  expect(await buttons.count()).toBe(0)

  await own.check()
  const statusAtHub = async () => (await records(api, wedding, 'timeline_items')).find(({ id }) => id === set)?.data
  const done = await eventually('the tick', statusAtHub, (data) => data?.status === 'completed')
  expect(done).not.toHaveProperty('done')
  // Somebody else has ticked it: that is not the vendor's to take back.
  await push(api, [{ action: 'update', table: 'timeline_items', id: set, data: { done: true } }])
  await tablet.locator('input[aria-label="Done: First set"]:disabled').waitFor()
  expect(await own.isChecked()).toBe(true)
  expect(errors).toEqual([])
})
