/** Photos between real processes: added at one, there at the other with the same bytes, whatever happens to the line. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { blobsReply } from '../../model/rest/blobs.ts'
import { launchChromium } from '../support/chromium.ts'
import { startCuttingProxy } from '../support/cuttingProxy.ts'
import { addPhoto, choose, hashAt, hashOf, picture } from '../support/photos.ts'
import { lanOf, makeWedding, newJoin, records, weddings } from '../support/teamCalls.ts'
import { eventually, type Ready, rest, runningServers, type Server, temporaryFolders } from '../support/wedsync.ts'

const MIB = 1024 * 1024
const folders = temporaryFolders()
const { up, down, kill, killAll } = runningServers()

afterEach(killAll)
afterAll(() => folders.cleanUp())

async function arrives(ready: Ready, sha256: string, timeoutMs = 60_000): Promise<void> {
  await eventually(
    'the photo',
    () => hashAt(ready, sha256),
    (seen) => seen === sha256,
    timeoutMs,
  )
}

const blobsAt = async (ready: Ready) => blobsReply.parse((await rest(ready.url, ready.token).get('blobs')).body)

async function uploadStateAt(ready: Ready, weddingId: string, id: string): Promise<unknown> {
  const rows = await records(rest(ready.url, ready.token), weddingId, 'photos')
  return rows.find((row) => row.id === id)?.data.uploadState
}

async function joined(hub: Server, name: string, link: string) {
  const device = await up(['device', '--data', folders.make(name), '--join', link, '--name', 'Carla'])
  await eventually(
    'the wedding',
    () => weddings(rest(device.ready.url, device.ready.token)),
    (list) => list.length === 1,
  )
  expect(hub.ready.deviceId).not.toBe(device.ready.deviceId)
  return device
}

/** The pixels of a picture that is shown, as the browser has decoded it. */
function pixels(page: Page, selector: string): Promise<readonly number[]> {
  return page
    .locator(selector)
    .first()
    .evaluate((image) => {
      if (!(image instanceof HTMLImageElement)) throw new Error('no picture')
      return image.decode().then(() => [image.naturalWidth, image.naturalHeight])
    })
}

describe('a photo', () => {
  it('that is added at a device is at the hub with the same bytes, and the other way round; nothing of it is readable on disk', async () => {
    const hub = await up(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--name', 'Hana'])
    const { id: wedding } = await makeWedding(rest(hub.ready.url, hub.ready.token), 'Anna & Ben', ['Ceremony'])
    const device = await joined(hub, 'device', lanOf(hub.ready).join)

    const [fromDevice, fromHub] = [randomBytes(3 * MIB + 17), randomBytes(MIB)]
    const id = await addPhoto(device.ready, wedding, fromDevice, 'first kiss.jpg')
    await addPhoto(hub.ready, wedding, fromHub, 'cake.jpg')
    await arrives(hub.ready, hashOf(fromDevice))
    await arrives(device.ready, hashOf(fromHub))
    for (const { ready } of [device, hub]) {
      await eventually(
        'uploaded',
        () => uploadStateAt(ready, wedding, id),
        (state) => state === 'uploaded',
      )
      const { here, missing } = await blobsAt(ready)
      expect({ here, missing }).toEqual({ here: 2, missing: 0 })
    }
    const [transfer] = (await blobsAt(device.ready)).transfers
    expect(transfer).toMatchObject({ peer: 'hub', toSend: 0, toFetch: 0 })
    expect(transfer?.sentBytes).toBe(fromDevice.length)
    expect(transfer?.receivedBytes).toBe(fromHub.length)

    const folder = join(folders.make('hub'), 'blobs')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files).toHaveLength(3) // two blobs and their key
    for (const { parentPath, name } of files) {
      const content = readFileSync(join(parentPath, name))
      for (const bytes of [fromDevice, fromHub]) expect(content.includes(bytes.subarray(100_000, 100_032))).toBe(false)
    }
  })

  it('comes whole through a line that is cut again and again and a device that is killed in the middle, without beginning anew', async () => {
    const hub = await up(['hub', '--data', folders.make('cut-hub'), '--lan-host', '127.0.0.1', '--name', 'Hana'])
    const api = rest(hub.ready.url, hub.ready.token)
    const { id: wedding } = await makeWedding(api, 'Anna & Ben', ['Ceremony'])
    const lan = new URL(lanOf(hub.ready).url)
    const proxy = await startCuttingProxy(() => ({ host: lan.hostname, port: Number(lan.port) }))
    const { join: link } = await newJoin(api, { role: 'planner' })
    const through = link.replace(encodeURIComponent(lan.origin), encodeURIComponent(`https://127.0.0.1:${proxy.port}`))
    expect(through).not.toBe(link)
    const dataDir = folders.make('cut-device')
    let device = await joined(hub, 'cut-device', through)

    const bytes = randomBytes(24 * MIB)
    const sha256 = hashOf(bytes)
    const before = proxy.up()
    proxy.cutAfter(5.5 * MIB)
    const id = await addPhoto(device.ready, wedding, bytes, 'whole day.tif')
    await eventually(
      'the cut',
      async () => proxy.cuts(),
      (cuts) => cuts === 1,
    )
    await eventually(
      'some more',
      async () => proxy.up() - before,
      (sent) => sent > 10 * MIB,
    )
    await kill(device)
    device = await up(['device', '--data', dataDir])
    await arrives(hub.ready, sha256, 120_000)
    await eventually(
      'uploaded',
      () => uploadStateAt(hub.ready, wedding, id),
      (state) => state === 'uploaded',
    )
    // A cut and a kill cost at most a piece each, and TLS and the records a little.
    expect(proxy.up() - before).toBeLessThan(bytes.length + 3 * MIB)
    await proxy.close()
  })

  it('is refused with a reason where there is no room, and nothing is given up for it', async () => {
    const hub = await up(['hub', '--data', folders.make('small'), '--lan-host', '127.0.0.1', '--blob-quota', '2'])
    const { id: wedding } = await makeWedding(rest(hub.ready.url, hub.ready.token), 'Anna & Ben', ['Ceremony'])
    const device = await joined(hub, 'small-device', lanOf(hub.ready).join)
    const [small, large] = [randomBytes(MIB), randomBytes(2 * MIB)]
    await addPhoto(device.ready, wedding, small, 'small.jpg')
    await arrives(hub.ready, hashOf(small))
    const id = await addPhoto(device.ready, wedding, large, 'large.jpg')
    const { transfers } = await eventually(
      'the refusal',
      () => blobsAt(device.ready),
      ({ transfers: [transfer] }) => transfer?.refused.BLOB_QUOTA === 1,
    )
    expect(transfers[0]?.problem).toMatch(/no room/)
    expect(await uploadStateAt(device.ready, wedding, id)).toBe('pending')
    expect(await hashAt(device.ready, hashOf(large))).toBe(hashOf(large))
    expect(await hashAt(hub.ready, hashOf(small))).toBe(hashOf(small))
    expect(await hashAt(hub.ready, hashOf(large))).toBe(404)
  })

  it('that is added on a tablet while its hub is away survives a reload, and is at the hub when that is back', async () => {
    const data = folders.make('tablet-hub')
    let hub = await up(['hub', '--data', data, '--lan-host', '127.0.0.1', '--name', 'Hana'])
    const api = rest(hub.ready.url, hub.ready.token)
    const { id: wedding } = await makeWedding(api, 'Anna & Ben', ['Ceremony'])
    const { browser: link } = await newJoin(api, { role: 'photographer' })
    if (link === undefined) throw new Error('a link through the hub is for browsers too')
    const browser = await launchChromium()
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 820, height: 1180 } })
      const tablet = await context.newPage()
      const errors: string[] = []
      tablet.on('pageerror', ({ message }) => errors.push(message))
      await tablet.goto(link)
      await tablet.getByLabel('Your name').fill('Phil')
      await tablet.getByRole('button', { name: 'Join' }).click()
      await tablet.getByText('Anna & Ben').first().click()
      await tablet.getByRole('tab', { name: 'Photos and documents' }).click()
      await tablet.getByText('No photos yet').waitFor()
      await down(hub)

      const bytes = picture(1_203, 901)
      await choose(tablet, 'Add photos', [{ name: 'dance.bmp', mimeType: 'image/bmp', buffer: bytes }])
      await tablet.getByRole('button', { name: 'Show dance.bmp' }).waitFor()
      expect(await pixels(tablet, '.photo-tile img')).toEqual([150, 112])
      await tablet.getByText('Not sent yet').first().waitFor()

      // Its pages come from the hub, so a reload needs it back; the bytes come from the tablet alone.
      const lanPort = new URL(lanOf(hub.ready).url).port
      hub = await up(['hub', '--data', data, '--lan-host', '127.0.0.1', '--lan-port', lanPort])
      await tablet.reload()
      await tablet.getByRole('button', { name: 'Show dance.bmp' }).waitFor()
      await arrives(hub.ready, hashOf(bytes))
      const [row] = await eventually(
        'uploaded',
        () => records(rest(hub.ready.url, hub.ready.token), wedding, 'photos'),
        ([photo]) => photo?.data.uploadState === 'uploaded',
      )
      expect(row?.data).toMatchObject({ filename: 'dance.bmp', width: 1_203, height: 901, sizeBytes: bytes.length })
      expect((await blobsAt(hub.ready)).here).toBe(3)
      await tablet.getByText('Not sent yet').first().waitFor({ state: 'hidden' })

      // Whoever looks at it elsewhere gets the preview, and the file as it was.
      await tablet.getByRole('button', { name: 'Show dance.bmp' }).click()
      await tablet.locator('.photo-large').waitFor()
      expect(await pixels(tablet, '.photo-large')).toEqual([800, 599])
      const [download] = await Promise.all([
        tablet.waitForEvent('download'),
        tablet.getByRole('button', { name: 'Save file' }).click(),
      ])
      expect(download.suggestedFilename()).toBe('dance.bmp')
      expect(hashOf(readFileSync(await download.path()))).toBe(hashOf(bytes))
      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
