/** Decisions in the app: several alike at once after a look at what becomes of them, found again, and taken back. */
import type { Page } from 'playwright'
import { expect, it, onTestFinished } from 'vitest'
import { conflictsReply } from '../../model/rest/conflicts.ts'
import { startApp } from '../support/appWindow.ts'
import { launchChromium } from '../support/chromium.ts'
import { batchOf, makeWedding, push } from '../support/teamCalls.ts'
import { eventually, type Rest, rest, temporaryFolders } from '../support/wedsync.ts'

async function pending(api: Rest): Promise<number> {
  return conflictsReply.parse((await api.get('conflicts')).body).conflicts.length
}

/** What everybody sees, and what somebody wrote before that and sends only now. */
async function clash(api: Rest, ids: readonly string[]): Promise<void> {
  const edits = (minute: number) =>
    ids.map((id) => {
      const startTime = `2027-06-12T15:${minute}:00Z`
      return { action: 'update', table: 'timeline_items', id, data: { startTime } } as const
    })
  const late = batchOf(edits(40))
  await push(api, edits(20))
  const sent = await api.send('POST', 'sync', { ...late, options: { conflictResolution: 'manual' } })
  expect(sent.status, JSON.stringify(sent.body)).toBe(200)
}

function dialogOf(page: Page) {
  return page.getByRole('dialog', { name: 'Decide together' })
}

it('decides conflicts alike at once, lists the decisions, and undoes one of them', async () => {
  const folders = temporaryFolders()
  onTestFinished(() => folders.cleanUp())
  const app = await startApp(folders.make('decisions'))
  onTestFinished(async () => expect(await app.end()).toBe(0))
  const { origin, hash } = new URL(app.windowUrl)
  const api = rest(origin, hash.replace('#launch=', ''))
  const { items } = await makeWedding(api, 'Anna & Ben', ['Ceremony', 'Dinner'])
  await clash(api, items)
  expect(await pending(api)).toBe(2)

  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 768, height: 1024 } })
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.goto(app.windowUrl)
  await page.locator('[data-state=conflict]').first().click()
  await page.getByRole('button', { name: 'Decide now' }).click()
  const dialog = dialogOf(page)
  await dialog.getByRole('button', { name: 'Decide these 2 the same way' }).first().click()
  const outcomes = dialog.getByRole('list', { name: 'What becomes of them' })
  expect(await outcomes.getByRole('listitem').count()).toBe(2)
  await dialog.getByRole('radio', { name: /^Keep 16:40 here/ }).check()
  expect(await pending(api)).toBe(2)
  await dialog.getByRole('button', { name: 'Decide all 2' }).click()
  await eventually(
    'both are decided',
    () => pending(api),
    (count) => count === 0,
  )

  await dialog.getByRole('tab', { name: 'Past decisions' }).click()
  const past = dialog.getByRole('article')
  await past.nth(1).waitFor()
  expect(await past.first().textContent()).toMatch(/16:20/)
  expect(await past.first().textContent()).toMatch(/16:40/)
  await dialog.getByRole('button', { name: /^Undo: .*Dinner/ }).click()
  await dialog.getByRole('tab', { name: 'To decide (1)' }).click()
  await dialog.getByRole('button', { name: /^Keep .*16:20/ }).waitFor()
  expect(await pending(api)).toBe(1)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  expect(errors).toEqual([])
})
