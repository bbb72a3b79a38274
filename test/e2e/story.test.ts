/**
 * The whole chain on one wedding day: a hub, a laptop, a tablet in a real browser, and the cloud, as real processes. The
 * laptop and the tablet are cut off, edit apart, meet again; one thing is left for a person to decide.
 */
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { launchChromium } from '../support/chromium.ts'
import { eventually, type Rest, rest, runningServers, temporaryFolders, wedsync } from '../support/wedsync.ts'

const FESTIVAL = fileURLToPath(new URL('../fixtures/real/festival-running-order-node-ical.ics', import.meta.url))
const CEREMONY = 'Opening ceremony'
const OTHER_ITEM = 'Main entrance opened'
const SHOTS = ['Couple alone', 'Bride and parents', 'Groom and parents', 'Both families', 'All friends']
const TAKEN = SHOTS.slice(0, 3)
const MINUTE_MS = 60_000

const recordsReply = z.object({
  records: z.array(
    z.object({
      table: z.string(),
      id: z.string(),
      version: z.number(),
      data: z.record(z.string(), z.unknown()),
      siblings: z.record(z.string(), z.array(z.object({ value: z.unknown() }))).optional(),
    }),
  ),
  hasMore: z.boolean(),
})
const weddingsReply = z.object({
  weddings: z.array(
    z.object({
      id: z.string(),
      records: z.number(),
      digest: z.string(),
      complete: z.boolean(),
      peers: z.array(z.object({ kind: z.string(), deviceId: z.string(), complete: z.boolean() })),
    }),
  ),
})
const conflictsReply = z.object({
  conflicts: z.array(
    z.object({ recordId: z.string(), fields: z.array(z.string()), values: z.array(z.object({ value: z.unknown() })) }),
  ),
})
const syncReply = z.object({ processed: z.array(z.unknown()), failures: z.array(z.unknown()) })

type Row = z.infer<typeof recordsReply>['records'][number]

async function rows(api: Rest, weddingId: string, table: string): Promise<readonly Row[]> {
  const { body } = await api.get(`weddings/${weddingId}/records?table=${table}&limit=500`)
  const reply = recordsReply.parse(body)
  expect(reply.hasMore).toBe(false)
  return reply.records
}

function titled(records: readonly Row[], title: string): Row {
  const found = records.find(({ data }) => data.title === title || data.name === title)
  if (!found) throw new Error(`there is no ${title}`)
  return found
}

async function wedding(api: Rest): Promise<z.infer<typeof weddingsReply>['weddings'][number] | undefined> {
  return weddingsReply.parse((await api.get('weddings')).body).weddings[0]
}

async function conflicts(api: Rest): Promise<z.infer<typeof conflictsReply>['conflicts']> {
  return conflictsReply.parse((await api.get('conflicts')).body).conflicts
}

async function push(api: Rest, changes: readonly Record<string, unknown>[]): Promise<void> {
  const timestamp = new Date().toISOString()
  const { status, body } = await api.send('POST', 'sync', {
    changes: changes.map((change) => ({ timestamp, ...change })),
    lastSyncTime: timestamp,
    batchId: crypto.randomUUID(),
    options: { conflictResolution: 'client_wins' },
  })
  expect(status).toBe(200)
  const reply = syncReply.parse(body)
  expect(reply.failures).toEqual([])
  expect(reply.processed).toHaveLength(changes.length)
}

function laterBy(time: unknown, minutes: number): string {
  return new Date(Date.parse(String(time)) + minutes * MINUTE_MS).toISOString()
}

/** As the tablet's person types it: local time of the wedding. */
function clockText(time: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/Oslo' }).format(new Date(time))
}

function sameTime(a: unknown, b: string): boolean {
  return Date.parse(String(a)) === Date.parse(b)
}

function badge(page: Page) {
  return page.getByRole('status').and(page.locator('[data-state]'))
}

let browser: Browser
const folders = temporaryFolders()
const { up, down, kill: killServer, killAll } = runningServers()

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  await killAll()
  folders.cleanUp()
})

describe.each([
  { run: 'the hub is stopped and started', kill: false },
  { run: 'the hub is killed in the middle of the merge', kill: true },
])('one wedding day, two devices, a hub, the cloud: $run', ({ run, kill }) => {
  it('ends equal everywhere, with one conflict that one person settles for all', async () => {
    const data = (name: string) => folders.make(`${kill ? 'killed' : 'stopped'}-${name}`)

    // A hub with the cloud behind it, and a real day from a real file.
    let cloud = await up(['cloud', '--data', data('cloud')])
    const cloudArgs = ['--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? '']
    const hubArgs = ['hub', '--data', data('hub'), '--lan-host', '127.0.0.1', '--name', 'Hana', ...cloudArgs]
    let hub = await up(hubArgs)
    expect(hub.ready.cloud).toEqual({ state: 'connected' })
    const ofHub = ['--server', hub.ready.url, '--token', hub.ready.token ?? '']
    const imported = await wedsync([
      ...['import', ...ofHub, '--new', 'Festival wedding', '--date', '2011-08-04', '--timezone', 'Europe/Oslo'],
      ...['--json', FESTIVAL],
    ])
    expect(imported.stderr).toBe('')
    expect(JSON.parse(imported.stdout)).toMatchObject({ rows: 128, imported: 128, refused: [] })
    let hubApi = rest(hub.ready.url, hub.ready.token)
    const weddingId = (await wedding(hubApi))?.id ?? ''
    await push(
      hubApi,
      SHOTS.map((name) => ({
        action: 'create',
        table: 'photo_groups',
        id: crypto.randomUUID(),
        data: { wedding_id: weddingId, name, minutes: 3, section: 'Formals' },
      })),
    )

    // A laptop joins with the hub's own link, a tablet with another one.
    const device = await up([
      'device',
      '--data',
      data('device'),
      '--join',
      hub.ready.lan?.join ?? '',
      '--name',
      'Carla',
    ])
    const deviceApi = rest(device.ready.url, device.ready.token)
    const invitation = await hubApi.send('POST', 'hub/joins', { role: 'planner' })
    const { browser: link } = z.object({ browser: z.string() }).parse(invitation.body)
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 768, height: 1024 } })
    const tablet = await context.newPage()
    const pageErrors: string[] = []
    tablet.on('pageerror', (error) => pageErrors.push(error.message))
    await tablet.goto(link)
    await tablet.getByLabel('Your name').fill('Piet')
    await tablet.getByRole('button', { name: 'Join the team' }).click()
    await tablet.getByRole('button', { name: /Festival wedding/ }).click()
    await tablet.getByText(CEREMONY, { exact: true }).waitFor()
    await eventually(
      'all complete',
      () => wedding(hubApi),
      (state) => {
        const devices = state?.peers.filter(({ kind }) => kind === 'device') ?? []
        return state?.complete === true && devices.length === 2 && devices.every(({ complete }) => complete)
      },
    )
    await eventually(
      'the device is complete',
      () => wedding(deviceApi),
      (state) => state?.complete === true,
    )
    await eventually(
      'the tablet says so',
      () => badge(tablet).getAttribute('data-state'),
      (s) => s === 'complete',
    )

    // Everybody is cut off.
    await down(cloud)
    await down(hub)
    await eventually(
      'the tablet is offline',
      () => badge(tablet).getAttribute('data-state'),
      (s) => s === 'offline',
    )
    expect((await wedding(deviceApi))?.complete).toBe(false)

    // The coordinator on the laptop.
    const before = await rows(deviceApi, weddingId, 'timeline_items')
    const ceremony = titled(before, CEREMONY)
    const byCoordinator = laterBy(ceremony.data.startTime, 20)
    const byPhotographer = laterBy(ceremony.data.startTime, 30)
    await push(deviceApi, [
      {
        action: 'update',
        table: 'timeline_items',
        id: ceremony.id,
        data: { startTime: byCoordinator },
        clientVersion: String(ceremony.version),
      },
      {
        action: 'create',
        table: 'timeline_items',
        id: crypto.randomUUID(),
        data: { wedding_id: weddingId, title: 'Rain cover for the arch', startTime: ceremony.data.startTime },
      },
      {
        action: 'update',
        table: 'timeline_items',
        id: ceremony.id,
        data: { notes: 'The microphone needs batteries.' },
      },
    ])

    // The photographer on the tablet.
    await tablet.getByRole('tab', { name: 'Shot list' }).click()
    for (const name of TAKEN) await tablet.getByRole('checkbox', { name: `Taken: ${name}` }).click()
    await tablet.getByRole('button', { name: 'Add group' }).click()
    await tablet.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Band with the couple')
    await tablet.getByRole('button', { name: 'Save' }).click()
    await tablet.getByRole('checkbox', { name: 'Taken: Band with the couple' }).waitFor()
    await tablet.getByRole('tab', { name: 'Timeline' }).click()
    await tablet.getByRole('button', { name: `Edit ${CEREMONY}` }).click()
    await tablet.getByRole('dialog').getByLabel('Start', { exact: true }).fill(clockText(byPhotographer))
    await tablet.getByRole('button', { name: 'Save' }).click()
    await tablet.getByRole('dialog').waitFor({ state: 'hidden' })
    await tablet.getByRole('button', { name: `Edit ${OTHER_ITEM}` }).click()
    await tablet.getByRole('dialog').getByLabel('Place', { exact: true }).fill('South gate')
    await tablet.getByRole('button', { name: 'Save' }).click()
    await tablet.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await badge(tablet).textContent()).toMatch(/waiting/)

    // The hub is back; in the second run it dies while they merge, and comes back once more.
    hub = await up(['hub', '--data', data('hub')])
    hubApi = rest(hub.ready.url, hub.ready.token)
    if (kill) {
      await eventually(
        'the first edit arrives',
        () => rows(hubApi, weddingId, 'timeline_items'),
        (items) => {
          return items.length > before.length || titled(items, OTHER_ITEM).data.location === 'South gate'
        },
      )
      await killServer(hub)
      hub = await up(['hub', '--data', data('hub')])
      hubApi = rest(hub.ready.url, hub.ready.token)
    }

    const digests = async () => {
      const [atHub, atDevice] = [await wedding(hubApi), await wedding(deviceApi)]
      const tablets = atHub?.peers.filter(({ kind }) => kind === 'device') ?? []
      return { hub: atHub?.digest, device: atDevice?.digest, complete: atDevice?.complete, tablets }
    }
    const merged = (state: Awaited<ReturnType<typeof digests>>) =>
      state.hub === state.device &&
      state.complete === true &&
      state.tablets.length === 2 &&
      state.tablets.every(({ complete }) => complete)
    await eventually('hub, laptop and tablet are equal', digests, merged)

    // Every edit is there, and one question is left, the same for all.
    for (const api of [hubApi, deviceApi]) {
      const items = await rows(api, weddingId, 'timeline_items')
      expect(items).toHaveLength(before.length + 1)
      expect(titled(items, 'Rain cover for the arch').data.startTime).toBe(ceremony.data.startTime)
      expect(titled(items, CEREMONY).data.notes).toBe('The microphone needs batteries.')
      expect(titled(items, OTHER_ITEM).data.location).toBe('South gate')
      const groups = await rows(api, weddingId, 'photo_groups')
      expect(groups).toHaveLength(SHOTS.length + 1)
      for (const name of SHOTS) expect(titled(groups, name).data.done === true).toBe(TAKEN.includes(name))
      const open = await conflicts(api)
      expect(open).toHaveLength(1)
      expect(open[0]).toMatchObject({ recordId: ceremony.id, fields: ['startTime'] })
      const values = open[0]?.values.map(({ value }) => value) ?? []
      expect(values).toHaveLength(2)
      expect(values.some((value) => sameTime(value, byCoordinator))).toBe(true)
      expect(values.some((value) => sameTime(value, byPhotographer))).toBe(true)
    }
    await eventually(
      'the tablet asks',
      () => badge(tablet).getAttribute('data-state'),
      (s) => s === 'conflict',
    )
    await tablet
      .getByRole('button', { name: new RegExp(`Decide together.*${CEREMONY}`) })
      .first()
      .click()
    const dialog = tablet.getByRole('dialog', { name: 'Decide together' })
    await dialog.getByRole('button', { name: new RegExp(`Keep .*${clockText(byCoordinator)}`) }).waitFor()
    await dialog.getByRole('button', { name: new RegExp(`Keep .*${clockText(byPhotographer)}`) }).waitFor()
    expect(await dialog.textContent()).toMatch(/Carla/)

    // One decision on the tablet settles it everywhere.
    await dialog.getByRole('button', { name: new RegExp(`Keep .*${clockText(byCoordinator)}`) }).click()
    for (const api of [hubApi, deviceApi]) {
      await eventually(
        'the question is gone',
        () => conflicts(api),
        (open) => open.length === 0,
      )
      const items = await rows(api, weddingId, 'timeline_items')
      expect(sameTime(titled(items, CEREMONY).data.startTime, byCoordinator)).toBe(true)
    }
    const settled = await eventually('they are equal again', digests, merged)

    // The cloud was away all the time and ends equal too.
    cloud = await up(['cloud', '--data', data('cloud'), '--port', new URL(cloud.ready.url).port])
    const cloudApi = rest(cloud.ready.url, hub.ready.token)
    await eventually(
      'the cloud is equal',
      () => wedding(cloudApi),
      (state) => state?.digest === settled.hub,
    )
    await eventually(
      'the hub knows it',
      () => wedding(hubApi),
      (state) => state?.complete === true,
    )
    expect(await conflicts(cloudApi)).toEqual([])
    expect(pageErrors, run).toEqual([])

    await context.close()
    for (const server of [device, hub, cloud]) await down(server)
  })
})
