/**
 * A key that comes late: a photographer's laptop hears of a wedding from the cloud alone, which has lost the laptop's keys to
 * it. The laptop sets the records aside; when the hub has brought the keys again, it takes them by itself.
 */
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { itemTitles, makeWedding, newJoin, push, weddings } from '../support/teamCalls.ts'
import { eventually, type Rest, rest, runningServers, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
const { up, down, killAll } = runningServers()

afterAll(async () => {
  await killAll()
  folders.cleanUp()
})

async function quarantined(api: Rest): Promise<number> {
  return z.object({ quarantined: z.number() }).parse((await api.get('status')).body).quarantined
}

async function titles(api: Rest, weddingId: string): Promise<readonly unknown[]> {
  return (await itemTitles(api, weddingId)).toSorted()
}

it('[SYN10] what was set aside for want of a key is taken when the key comes', async () => {
  const cloudFolder = folders.make('cloud')
  let cloud = await up(['cloud', '--data', cloudFolder])
  const hubArgs = ['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1']
  let hub = await up([...hubArgs, '--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? ''])
  const { join: link } = await newJoin(rest(hub.ready.url, hub.ready.token), { role: 'photographer' })
  const laptopArgs = ['device', '--data', folders.make('laptop')]
  await down(await up([...laptopArgs, '--join', link]))

  const owner = rest(hub.ready.url, hub.ready.token)
  const { id, items } = await makeWedding(owner, 'Anna and Ben', ['Ceremony', 'Dinner'])
  await eventually(
    'the cloud has it',
    () => weddings(owner),
    (all) => all.some((each) => each.id === id && each.complete),
  )
  for (const server of [hub, cloud]) await down(server)
  const database = await PGlite.create(join(cloudFolder, 'postgres'))
  const lost = await database.query("DELETE FROM records WHERE tbl = 'wrapped_keys' RETURNING id")
  expect(lost.rows.length).toBeGreaterThan(0)
  await database.close()

  cloud = await up(['cloud', '--data', cloudFolder, '--port', new URL(cloud.ready.url).port])
  const laptop = await up([...laptopArgs, '--cloud', cloud.ready.url])
  const api = rest(laptop.ready.url, laptop.ready.token)
  await eventually(
    'it waits for its key',
    () => quarantined(api),
    (count) => count >= 3,
  )
  expect(await titles(api, id)).toEqual([])

  hub = await up(hubArgs)
  const edit = {
    action: 'update',
    table: 'timeline_items',
    id: items[0] ?? '',
    data: { title: 'Ceremony at four' },
  } as const
  await push(rest(hub.ready.url, hub.ready.token), [edit])
  await eventually(
    'the laptop has taken them',
    () => titles(api, id),
    (all) => JSON.stringify(all) === JSON.stringify(['Ceremony at four', 'Dinner']),
  )
  await eventually(
    'nothing is left in quarantine',
    () => quarantined(api),
    (count) => count === 0,
  )
  await eventually(
    'all is complete',
    () => weddings(api),
    (all) => all.some((each) => each.id === id && each.complete),
  )
})
