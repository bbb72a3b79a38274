/** "From here on, 15 minutes later" on a hub: real process, real Chromium, checked over REST. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { launchChromium } from '../support/chromium.ts'
import { type Rest, rest, serve, temporaryFolders } from '../support/wedsync.ts'

const CLI = fileURLToPath(new URL('../../server/cli/preflight.js', import.meta.url))
const MINUTE_MS = 60_000
/** The smallest target for a finger. */
const TOUCH_PX = 44

/** What a push from the first course by 15 minutes moves; the slack after the speeches takes it up. */
const PUSHED = [
  'First course',
  'Speech: Rui Carvalho',
  'Main course',
  'Speech: Daniel Ashworth',
  'Words by Inês and Tom',
]
const SLACK = 'Slack: speeches'

const reply = z.object({
  weddings: z.array(z.object({ id: z.string() })),
})
const recordsReply = z.object({
  records: z.array(z.object({ id: z.string(), version: z.number(), data: z.record(z.string(), z.unknown()) })),
})
type Row = z.infer<typeof recordsReply>['records'][number]

const folders = temporaryFolders()
const started: (() => Promise<number | null>)[] = []
let browser: Browser

/** A hub as people start it, and the token of its data folder, which only the line for programs tells. */
async function startHub(name: string): Promise<{ windowUrl: string; api: Rest }> {
  const args = ['hub', '--data', folders.make(name), '--lan-host', '127.0.0.1']
  const first = await serve(args)
  const { token } = first.ready
  await first.stop()
  const child = spawn(process.execPath, [CLI, ...args, '--port', '0', '--lan-port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  started.push(() => {
    child.kill('SIGTERM')
    return ended
  })
  let said = ''
  const windowUrl = await new Promise<string>((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the hub ended with ${code}: ${said}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const url = /Open (http:\S+)/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  return { windowUrl, api: rest(new URL(windowUrl).origin, token) }
}

async function openSample(windowUrl: string): Promise<{ page: Page; errors: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 768, height: 1024 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(windowUrl)
  await page.getByRole('button', { name: 'Open the sample wedding' }).click()
  await page.getByRole('tab', { name: 'Timeline' }).waitFor()
  return { page, errors }
}

async function timeline(api: Rest): Promise<ReadonlyMap<string, Row>> {
  const [wedding] = reply.parse((await api.get('weddings')).body).weddings
  const { body } = await api.get(`weddings/${wedding?.id}/records?table=timeline_items&limit=500`)
  return new Map(recordsReply.parse(body).records.map((row) => [String(row.data.title), row]))
}

function times(rows: ReadonlyMap<string, Row>): Readonly<Record<string, readonly unknown[]>> {
  return Object.fromEntries([...rows].map(([title, { data }]) => [title, [data.startTime, data.endTime]]))
}

function laterBy(time: unknown, minutes: number): string {
  return new Date(Date.parse(String(time)) + minutes * MINUTE_MS).toISOString().replace('.000Z', 'Z')
}

function row(page: Page, title: string) {
  return page.getByRole('listitem').filter({ has: page.getByRole('checkbox', { name: `Done: ${title}`, exact: true }) })
}

/** A picture for people to look at, if somebody asks for them. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.WEDSYNC_PICTURES
  if (folder === undefined) return
  await page.waitForTimeout(500) // for what slides in, and for rows that come on screen
  await page.screenshot({ path: `${folder}/${name}.png` })
}

async function pushFrom(page: Page, title: string, minutes: number, label: string): Promise<void> {
  await page.getByRole('button', { name: `Push from ${title}`, exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Push what follows' })
  await dialog.getByLabel('Minutes', { exact: true }).fill(String(minutes))
  await dialog.getByRole('button', { name: label, exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
}

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  const codes = await Promise.all(started.map((stop) => stop()))
  folders.cleanUp()
  expect(codes.every((code) => code === 0)).toBe(true)
})

describe('pushing what follows', () => {
  it('shows what moves, moves it as one, and takes it back', async () => {
    const { windowUrl, api } = await startHub('push')
    const { page, errors } = await openSample(windowUrl)
    const before = await timeline(api)
    await row(page, 'First course').scrollIntoViewIfNeeded()
    await picture(page, 'push-timeline-768')

    // The preview, with the usual 15 minutes.
    await page.getByRole('button', { name: 'Push from First course', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Push what follows' })
    const lines = dialog.getByRole('list', { name: 'What changes' }).getByRole('listitem')
    await dialog.getByRole('button', { name: 'Push 6 items', exact: true }).waitFor()
    expect(await lines.first().innerText()).toMatch(/17:45.*18:00\s+First course/s)
    expect(await lines.last().innerText()).toMatch(/19:55.*20:10\s+Slack: speeches\s+Slack: 15 min used, 5 min left/s)
    await picture(page, 'push-slack-768')

    // Half an hour more reaches the portraits, which cannot move.
    await dialog.getByLabel('Minutes', { exact: true }).fill('45')
    await dialog.getByText('Fixed: 15 min lost', { exact: true }).waitFor()
    await dialog
      .getByRole('region', { name: 'New overlaps' })
      .getByText(/Portraits in the last light.*Inês Carvalho/)
      .waitFor()
    await picture(page, 'push-lost-768')
    await page.setViewportSize({ width: 1280, height: 800 })
    await picture(page, 'push-lost-1280')
    await page.setViewportSize({ width: 768, height: 1024 })
    for (const target of await dialog.getByRole('button').or(dialog.getByRole('spinbutton')).all()) {
      const box = await target.boundingBox()
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), await target.innerText()).toBeGreaterThanOrEqual(TOUCH_PX)
    }
    await dialog.getByLabel('Minutes', { exact: true }).fill('-5')
    await dialog.getByText(/^No earlier: “Entrance of the couple” is planned until 17:45/).waitFor()
    expect(await dialog.getByRole('button', { name: 'Push 0 items', exact: true }).isDisabled()).toBe(true)

    // The push itself.
    await dialog.getByRole('button', { name: '+15', exact: true }).click()
    await dialog.getByRole('button', { name: 'Push 6 items', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await row(page, 'First course').getByText('18:00', { exact: true }).waitFor()
    await picture(page, 'pushed-768')
    const pushed = await timeline(api)
    expect(times(pushed)).toEqual({
      ...times(before),
      ...Object.fromEntries(
        PUSHED.map((title) => {
          const { startTime, endTime } = before.get(title)?.data ?? {}
          return [title, [laterBy(startTime, 15), laterBy(endTime, 15)]]
        }),
      ),
      [SLACK]: [laterBy(before.get(SLACK)?.data.startTime, 15), before.get(SLACK)?.data.endTime],
    })

    // And back.
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await page.getByText('Put 6 items back', { exact: true }).waitFor()
    await row(page, 'First course').getByText('17:45', { exact: true }).waitFor()
    expect(times(await timeline(api))).toEqual(times(before))
    expect(errors).toEqual([])
  })

  it('does not take back what somebody else changed since', async () => {
    const { windowUrl, api } = await startHub('meanwhile')
    const { page, errors } = await openSample(windowUrl)
    const before = await timeline(api)
    await pushFrom(page, 'First course', 5, 'Push 6 items')
    await row(page, 'First course').getByText('17:50', { exact: true }).waitFor()

    const main = (await timeline(api)).get('Main course')
    const decided = laterBy(main?.data.startTime, 7)
    const { status } = await api.send('POST', 'sync', {
      changes: [
        {
          action: 'update',
          table: 'timeline_items',
          id: main?.id,
          data: { startTime: decided },
          timestamp: new Date().toISOString(),
        },
      ],
      lastSyncTime: new Date().toISOString(),
      batchId: crypto.randomUUID(),
    })
    expect(status).toBe(200)
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await page.getByText('Put 5 items back', { exact: true }).waitFor()
    await page.getByText('Somebody changed these since, so they stay: Main course.', { exact: true }).waitFor()
    await picture(page, 'push-undone-768')
    expect(times(await timeline(api))).toEqual({
      ...times(before),
      'Main course': [decided, laterBy(before.get('Main course')?.data.endTime, 5)],
    })
    expect(errors).toEqual([])
  })

  it('warns of overlaps on the rows themselves', async () => {
    const { windowUrl } = await startHub('overlaps')
    const { page, errors } = await openSample(windowUrl)
    const portraits = row(page, 'Portraits of the couple')
    await portraits
      .getByText('Overlaps “Barn photographed before guests come in” 17:00–17:05: Halden & Rye Photography')
      .waitFor()
    expect(
      await row(page, 'First dance')
        .getByText(/Overlaps/)
        .count(),
    ).toBe(0)
    await portraits.scrollIntoViewIfNeeded()
    await picture(page, 'overlaps-768')
    await page.setViewportSize({ width: 1280, height: 800 })
    await portraits.scrollIntoViewIfNeeded()
    await picture(page, 'overlaps-1280')
    const button = await page.getByRole('button', { name: 'Push from Portraits of the couple' }).boundingBox()
    expect(Math.min(button?.width ?? 0, button?.height ?? 0)).toBeGreaterThanOrEqual(TOUCH_PX)
    expect(errors).toEqual([])
  })
})
