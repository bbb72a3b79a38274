/** What a role does not allow: on a photographer's laptop, in this process, and on a tablet. */
import { randomUUID } from 'node:crypto'
import type { Browser, Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createClient } from '../../model/client/client.ts'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord, editRecord } from '../../model/merge/edit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { queueReply } from '../../model/rest/queue.ts'
import { ROUTES } from '../../model/rest/routes.ts'
import { drafts } from '../../model/sync/drafts.ts'
import { PAGES_DIR } from '../../server/cli/commands/serve.ts'
import { type Install, openInstall } from '../../server/install/install.ts'
import { launchChromium } from '../support/chromium.ts'
import { newRecord } from '../support/mergeHelpers.ts'
import { mustBeOk } from '../support/mustBeOk.ts'
import { makeWedding, newJoin } from '../support/teamCalls.ts'
import { rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let hub: Server
let laptop: Install
let browser: Browser
let owner: ReturnType<typeof rest>
let wedding: string
let item: string

beforeAll(async () => {
  browser = await launchChromium()
  hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--lan-port', '0'])
  owner = rest(hub.ready.url, hub.ready.token)
  const made = await makeWedding(owner, 'Anna and Ben', ['Ceremony'])
  wedding = made.id
  item = made.items[0] ?? expect.fail('no item')
  const { join } = await newJoin(owner, { role: 'photographer' })
  const opened = await openInstall({
    dataDir: folders.make('laptop'),
    port: 0,
    pagesDir: PAGES_DIR,
    log: () => undefined,
    discovery: false,
    keepBackups: 0,
    join,
  })
  laptop = mustBeOk(opened)
  await until(item, 'title', 'Ceremony')
})

afterAll(async () => {
  await browser?.close()
  await laptop?.stop()
  await hub?.kill()
  folders.cleanUp()
})

async function fieldOf(id: string, field: string): Promise<unknown> {
  const record = (await laptop.store.changes.records([id])).get(id)
  return record && viewRecord(record).data[field]
}

/** Looks each time that the laptop's store has changed. */
function until(id: string, field: string, wanted: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => fieldOf(id, field).then((value) => value === wanted && done(), reject)
    const stop = laptop.store.changes.subscribe(look)
    function done(): void {
      stop()
      resolve()
    }
    void look()
  })
}

function windowApi() {
  const token = new URL(laptop.windowUrl).hash.replace('#launch=', '')
  return createClient(ROUTES, { server: laptop.url, token, fetch })
}

async function letterAtHub(recordId: string) {
  const { items } = queueReply.parse((await owner.get('queue/pending')).body)
  return items.find((each) => each.recordId === recordId && each.status === 'failed')
}

it('[ROL4] an edit is a draft on the laptop, in quarantine at the hub, and let in there it is on both', async () => {
  const api = windowApi()
  const { changes, state } = laptop.store
  const { actor = '' } = mustBeOk(await api.installStatus())
  // As a window writes it that was open when the role changed.
  await changes.update([item], (current) => {
    const record = current.get(item)
    return record ? [{ record: editRecord(record, { title: 'Rite' }, { actor, stamp: '0zqc6p97s000' }) }] : []
  })
  expect(await fieldOf(item, 'title')).toBe('Rite')
  await until(item, 'title', 'Ceremony')
  expect([...(await drafts(state, wedding)).values()]).toMatchObject([{ id: item, fields: ['title'] }])
  expect(mustBeOk(await api.installStatus()).actor).not.toBe(actor)
  const [draft] = mustBeOk(await api.queue()).items.filter(({ status }) => status === 'failed')
  expect(draft).toMatchObject({ recordId: item, last_error: expect.stringContaining('may not write title') })
  const params = { id: draft?.id ?? '' }
  expect(await api.retryQueued({ params })).toMatchObject({ ok: false, error: { kind: 'refused', status: 403 } })

  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  await page.setViewportSize({ width: 1100, height: 800 })
  await page.goto(laptop.windowUrl)
  const card = await takenBack(page, 'Rite')
  await card.getByText('Title: Rite').waitFor()
  await card.getByText(/Why: .* may not write title/).waitFor()
  await page.getByText('until you remove them').waitFor()
  await card.getByRole('button', { name: 'Copy' }).press('Enter')
  await card.getByText(/^Copied/).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Anna and Ben · Timeline · Rite\nTitle: Rite')

  const letter = await letterAtHub(item)
  expect(letter?.last_error).toContain('may not write title')
  expect((await owner.send('PUT', `queue/retry/${letter?.id}`, {})).status).toBe(200)
  await until(item, 'title', 'Rite')
  await remove(page, card)
  expect((await drafts(state)).size).toBe(0)
})

it('[ROL5] a record is a draft and no longer on the laptop, which is complete, and let in at the hub it comes back', async () => {
  const api = windowApi()
  const { changes, state } = laptop.store
  const { actor = '' } = mustBeOk(await api.installStatus())
  const guest = { id: randomUUID(), scope: wedding, table: 'guests', data: { name: 'Eda', dietary: 'no nuts' } }
  const author = { actor, stamp: '0zqc6p97s001' }
  await changes.update([guest.id], () => [{ record: createRecord(guest, author) }])
  expect(await fieldOf(guest.id, 'name')).toBe('Eda')
  await until(guest.id, 'name', undefined)
  expect([...(await drafts(state, wedding)).values()]).toMatchObject([{ id: guest.id }])
  expect(mustBeOk(await api.installStatus()).actor).not.toBe(actor)
  const [draft] = mustBeOk(await api.queue()).items.filter(({ status }) => status === 'failed')
  expect(draft).toMatchObject({ recordId: guest.id, operation_type: 'create', table: 'guests' })
  const params = { id: draft?.id ?? '' }
  expect(await api.retryQueued({ params })).toMatchObject({ ok: false, error: { kind: 'refused', status: 403 } })
  await vi.waitFor(
    async () => {
      const { weddings } = mustBeOk(await api.weddings())
      expect(weddings).toMatchObject([{ id: wedding, complete: true, quarantined: 0 }])
    },
    { timeout: 20_000, interval: 200 },
  )

  const letter = await letterAtHub(guest.id)
  expect(letter?.last_error).toContain('may not create or delete in guests')
  expect((await owner.send('PUT', `queue/retry/${letter?.id}`, {})).status).toBe(200)
  await until(guest.id, 'name', 'Eda')
  expect(await fieldOf(guest.id, 'dietary')).toBe('no nuts')
  expect(await letterAtHub(guest.id)).toBeUndefined()
})

it('[ROL4] is listed on a tablet, which has no server of its own, and stays there until somebody removes it', async () => {
  const { browser: link = '' } = await newJoin(owner, { role: 'viewer' })
  const context = await browser.newContext({ viewport: { width: 768, height: 1024 }, ignoreHTTPSErrors: true })
  const tablet = await context.newPage()
  await tablet.goto(link)
  await tablet.getByLabel('Your name').fill('Vic')
  await tablet.getByRole('button', { name: 'Join the team' }).click()
  await tablet.getByText('All equal').first().waitFor()
  // As its engine keeps it (test/model/sync/takeBack.test.ts): no screen of a viewer has a way to write.
  const scope = crypto.randomUUID()
  const record = newRecord('timeline_items', { title: 'Rite' })
  const draft = {
    id: record.id,
    scope,
    reason: 'no viewer may',
    peer: 'a-hub',
    raw: encodeRecord(record),
    fields: ['title'],
  }
  await tablet.evaluate(plantState, { key: `draft/${scope}/${record.id}/1`, json: JSON.stringify(draft) })
  for (let time = 0; time < 2; time++) {
    await tablet.reload()
    await takenBack(tablet, 'Rite')
  }
  await remove(tablet, tablet.getByRole('region', { name: 'Rite' }))
  await tablet.reload()
  await tablet.getByText('All equal').first().waitFor()
  expect(await tablet.getByText('was taken back').count()).toBe(0)
})

/** Opens the list from what the screen says, with keys. @returns the card of the change */
async function takenBack(page: Page, title: string): Promise<Locator> {
  const alert = page.getByRole('alert', { name: 'One of your changes was taken back' })
  await alert.getByRole('button', { name: 'Show' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Changes that were taken back' })
  return dialog.getByRole('region', { name: title })
}

async function remove(page: Page, card: Locator): Promise<void> {
  await card.getByRole('button', { name: /^Remove/ }).press('Enter')
  await expect
    .poll(() => card.getByRole('button', { name: 'Keep it' }).evaluate((it) => it === document.activeElement))
    .toBe(true)
  await card.getByRole('button', { name: 'Remove it' }).press('Enter')
  await page.getByText('None are left.').waitFor()
  await page.getByRole('button', { name: 'Done' }).press('Enter')
}

/** Runs in the tablet's page: puts a document beside that which says who the tablet is. */
async function plantState(planted: { readonly key: string; readonly json: string }): Promise<void> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      const documents = database.transaction(store, 'readwrite').objectStore(store)
      const like = (await done(documents.getAll())).find(({ key }) => key === 'membership')
      if (like) await done(documents.put({ ...like, ...planted }))
    }
    database.close()
  }
}
