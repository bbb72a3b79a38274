/** A tablet whose browser has no room left. */
import { afterAll, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { lanOf, makeWedding, newJoin, records } from '../support/teamCalls.ts'
import { eventually, rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let hub: Server | undefined
afterAll(async () => {
  await hub?.kill()
  folders.cleanUp()
})

it('says that there is little room, and goes on with what the browser still takes', async () => {
  hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'])
  const api = rest(hub.ready.url, hub.ready.token)
  const { id: wedding } = await makeWedding(api, 'Anna & Ben', ['Ceremony'])
  const { browser: link } = await newJoin(api, { role: 'planner' })
  if (link === undefined) throw new Error('a link through the hub is for browsers too')
  const browser = await launchChromium()
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 820, height: 1180 } })
    const tablet = await context.newPage()
    await tablet.goto(link)
    await tablet.getByLabel('Your name').fill('Piet')
    await tablet.getByRole('button', { name: 'Join' }).click()
    await tablet.getByText('Anna & Ben').first().click()
    await tablet.getByRole('button', { name: 'Edit Ceremony' }).click()
    const dialog = tablet.getByRole('dialog')
    await dialog.getByLabel('Place', { exact: true }).fill('South gate')

    const devTools = await context.newCDPSession(tablet)
    const origin = new URL(lanOf(hub.ready).url).origin
    await devTools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
    await dialog.getByRole('button', { name: 'Save' }).click()
    // The browser lets a small edit through all the same.
    await eventually(
      'the place at the hub',
      () => records(api, wedding, 'timeline_items'),
      ([item]) => item?.data.location === 'South gate',
    )
    await tablet.getByText('All equal').first().click()
    const notice = tablet.getByText('This browser has 0 MB left for WedSync').first()
    await notice.waitFor()
    expect(await notice.innerText()).toMatch(/Free some space on this device/)
  } finally {
    await browser.close()
  }
})
