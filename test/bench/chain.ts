/** The whole chain over real processes on loopback: how long a team waits. */
import { z } from 'zod'
import { eventually, rest, serve, temporaryFolders } from '../support/wedsync.ts'
import { median, rounded } from './median.ts'
import type { Figure } from './run.ts'

const RECORDS = 1_000
const BATCH = 100
const LIVE_EDITS = 21

const weddings = z.object({
  weddings: z.array(z.object({ digest: z.string(), complete: z.boolean(), records: z.number() })),
})
const rows = z.object({
  records: z.array(z.object({ id: z.string(), data: z.looseObject({ title: z.string().optional() }) })),
})

export async function chain(): Promise<readonly Figure[]> {
  const folders = temporaryFolders()
  const hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'])
  const api = rest(hub.ready.url, hub.ready.token)
  const weddingId = crypto.randomUUID()
  const itemId = crypto.randomUUID()
  const push = async (changes: readonly object[]) => {
    const timestamp = new Date().toISOString()
    const body = {
      changes: changes.map((change) => ({ timestamp, ...change })),
      lastSyncTime: timestamp,
      batchId: crypto.randomUUID(),
    }
    const { status } = await api.send('POST', 'sync', { ...body, options: { conflictResolution: 'client_wins' } })
    if (status !== 200) throw new Error(`the hub answered ${status}`)
  }
  try {
    await push([{ action: 'create', table: 'weddings', id: weddingId, data: { name: 'Bench', date: '2027-06-12' } }])
    const pushStart = performance.now()
    for (let from = 0; from < RECORDS; from += BATCH) {
      await push(
        Array.from({ length: BATCH }, (_, n) => ({
          action: 'create',
          table: 'timeline_items',
          id: from + n === 0 ? itemId : crypto.randomUUID(),
          data: {
            wedding_id: weddingId,
            title: `Item ${from + n}`,
            startTime: '2027-06-12T14:00:00.000Z',
            location: 'Barn',
          },
        })),
      )
    }
    const pushMs = performance.now() - pushStart

    const joinStart = performance.now()
    const device = await serve(['device', '--data', folders.make('device'), '--join', hub.ready.lan?.join ?? ''])
    const deviceApi = rest(device.ready.url, device.ready.token)
    const startMs = performance.now() - joinStart
    await eventually(
      'the device is complete',
      async () => weddings.parse((await deviceApi.get('weddings')).body).weddings[0],
      (wedding) => wedding?.records === RECORDS + 1 && wedding.complete,
    )
    const joinMs = performance.now() - joinStart

    const latencies: number[] = []
    for (let n = 0; n < LIVE_EDITS; n++) {
      const title = `Edit ${n}`
      const start = performance.now()
      await push([{ action: 'update', table: 'timeline_items', id: itemId, data: { title } }])
      for (;;) {
        const page = await deviceApi.get(`weddings/${weddingId}/records?table=timeline_items&limit=500`)
        if (rows.parse(page.body).records.some((record) => record.data.title === title)) break
        const more = await deviceApi.get(`records/${itemId}/history`)
        if (JSON.stringify(more.body).includes(title)) break
      }
      latencies.push(performance.now() - start)
    }
    await device.stop()
    return [
      { name: `REST push of ${RECORDS} records in batches of ${BATCH}`, value: Math.round(pushMs), unit: 'ms' },
      { name: 'a new device starts and has joined', value: Math.round(startMs), unit: 'ms' },
      { name: `… and holds ${RECORDS} records, digests compared`, value: Math.round(joinMs), unit: 'ms' },
      { name: 'one edit at the hub is seen at the device, median', value: rounded(median(latencies)), unit: 'ms' },
    ]
  } finally {
    await hub.stop()
    folders.cleanUp()
  }
}
