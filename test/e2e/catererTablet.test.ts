/** Tablets of two vendors in a real browser: whoever caters sees who comes and what they eat; the florist sees no such thing. */
import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright'
import { expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { makeWedding, newJoin, push } from '../support/teamCalls.ts'
import { rest, serve, temporaryFolders } from '../support/wedsync.ts'

const GUESTS = [
  { name: 'Ada Byron', tableNumber: 4, seat: 2, rsvpStatus: 'attending', meal: 'fish', dietary: 'vegetarian at lunch' },
  { name: 'Kim Lee', tableNumber: 'Head table', rsvpStatus: 'attending', meal: 'meat', allergies: ['tree nuts'] },
  { name: 'Tom Hale', tableNumber: 4, rsvpStatus: 'declined', meal: 'meat', phone: '555-0177' },
]

it('[ROL6] shows counts and diets by table to a caterer, and to a florist when it becomes one', async () => {
  const folders = temporaryFolders()
  onTestFinished(() => folders.cleanUp())
  const hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--name', 'Hana'])
  onTestFinished(async () => {
    await hub.stop()
  })
  const api = rest(hub.ready.url, hub.ready.token)
  const { id: wedding } = await makeWedding(api, 'Anna & Ben', ['Ceremony'])
  const [kitchen, florist, ...ids] = Array.from({ length: 2 + GUESTS.length }, () => crypto.randomUUID())
  if (kitchen === undefined || florist === undefined) throw new Error('two vendors')
  const create = (table: string, id: string, data: object) =>
    ({ action: 'create', table, id, data: { wedding_id: wedding, ...data } }) as const
  await push(api, [
    create('vendors', kitchen, { name: 'The Kitchen', type: 'Caterer', mealCount: 3 }),
    create('vendors', florist, { name: 'Fern', type: 'florist', mealCount: 2 }),
    ...ids.map((id, n) => create('guests', id, GUESTS[n] ?? {})),
  ])

  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const errors: string[] = []
  async function tabletOf(vendor: string): Promise<Page> {
    const { browser: link } = await newJoin(api, { role: 'vendor', vendors: [vendor] })
    if (link === undefined) throw new Error('a link through the hub is for browsers too')
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 768, height: 1024 } })
    const page = await context.newPage()
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.goto(link)
    await page.getByLabel('Your name').fill('Vera')
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByText('Anna & Ben').first().click()
    await page.getByLabel('Done: Ceremony').waitFor()
    return page
  }

  const cook = await tabletOf(kitchen)
  await cook.getByRole('tab', { name: 'Guests and diets' }).click()
  await cook.getByText('2 coming · 1 declined').waitFor()
  const tables = cook.getByRole('region')
  expect(await tables.evaluateAll((found) => found.map((each) => each.getAttribute('aria-label')))).toEqual([
    'Head table',
    'Table 4',
  ])
  expect(await tables.nth(0).innerText()).toMatch(/Kim Lee.*Allergic to tree nuts.*meat/s)
  expect(await tables.nth(1).innerText()).toMatch(/2\s+Ada Byron.*vegetarian at lunch.*fish/s)
  const all = await cook.getByRole('main').innerText()
  expect(all).toMatch(/Meals: fish 1, meat 1\n+Meals for vendors: 5\n+Allergies: tree nuts 1\n+Not coming: Tom Hale/)
  expect(all).not.toContain('555-0177')
  if (process.env.WEDSYNC_PICTURES) {
    mkdirSync(process.env.WEDSYNC_PICTURES, { recursive: true })
    await cook.screenshot({ path: `${process.env.WEDSYNC_PICTURES}/caterer.png` })
  }

  const decorator = await tabletOf(florist)
  expect(await decorator.getByRole('tab').allInnerTexts()).toEqual(['Timeline', 'Shot list', 'Photos and documents'])
  await decorator.goto(decorator.url().replace(/[^/]+$/, 'guests'))
  await decorator.getByLabel('Done: Ceremony').waitFor()
  expect(await decorator.getByText('Ada Byron').count()).toBe(0)

  // A guest calls in the morning, and the florist turns out to bring the cake as well.
  const [, kim = ''] = ids
  await push(api, [
    { action: 'update', table: 'guests', id: kim, data: { allergies: ['tree nuts', 'egg'] } },
    { action: 'update', table: 'vendors', id: florist, data: { type: 'Catering' } },
  ])
  await cook.getByText('Allergic to egg, tree nuts').or(cook.getByText('Allergic to tree nuts, egg')).waitFor()
  await decorator.getByText('2 coming · 1 declined').waitFor()
  await decorator.getByText(/Allergic to .*egg/).waitFor()
  expect(errors).toEqual([])
})
