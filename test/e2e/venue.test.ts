/**
 * A barn without internet, as network namespaces: laptops on one switch with no route to anywhere. The hub dies, another
 * takes over, networks are split and joined again.
 */
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hubState } from '../../model/rest/hub.ts'
import { createNetwork, type Machine, type Network, whyNoNamespaces } from '../support/namespaces.ts'
import { holdings, itemTitles, lanOf, makeWedding, newJoin, push, records } from '../support/teamCalls.ts'
import { type Laptop, openLaptop } from '../support/venue.ts'
import { eventually, type Rest, temporaryFolders } from '../support/wedsync.ts'

const reason = whyNoNamespaces()
const title = `a venue without internet${reason ? ` (skipped: ${reason})` : ''}`

const folders = temporaryFolders()
const laptops: Laptop[] = []
let network: Network

beforeEach(() => {
  network = createNetwork()
})

afterEach(async () => {
  await Promise.all(laptops.splice(0).map((laptop) => laptop.stop()))
  network.destroy()
})

afterAll(() => folders.cleanUp())

async function open(...args: Parameters<typeof openLaptop>): Promise<Laptop> {
  const laptop = await openLaptop(...args)
  laptops.push(laptop)
  return laptop
}

async function addItem(api: Rest, weddingId: string, name: string): Promise<void> {
  const data = { wedding_id: weddingId, title: name }
  await push(api, [{ action: 'create', table: 'timeline_items', id: crypto.randomUUID(), data }])
}

async function sees(api: Rest, weddingId: string, name: string): Promise<void> {
  await eventually(
    `"${name}" is there`,
    () => itemTitles(api, weddingId),
    (all) => all.includes(name),
  )
}

describe.skipIf(reason !== undefined)(title, () => {
  it('goes on when the hub dies: another laptop takes over, the others follow, and the old hub comes back', async () => {
    const [annas, bens, cleos] = threeMachines()
    const ports = network.lan([annas, bens, cleos])
    const annasFolder = folders.make('anna')

    const anna = await open(annas, ['hub', '--data', annasFolder, '--lan-port', '8443'])
    expect(lanOf(anna.server.ready).url).toBe(`https://${ports[0]?.address}:8443`)
    const [forBen, forCleo] = [await newJoin(anna.rest, {}), await newJoin(anna.rest, {})]
    const [ben, cleo] = await Promise.all([
      open(bens, ['device', '--data', folders.make('ben'), '--join', forBen.join, '--take-over']),
      open(cleos, ['device', '--data', folders.make('cleo'), '--join', forCleo.join]),
    ])
    const { id } = await makeWedding(anna.rest, 'Anna and Ben', ['Ceremony'])
    await Promise.all([sees(ben.rest, id, 'Ceremony'), sees(cleo.rest, id, 'Ceremony')])

    await anna.kill()
    laptops.splice(laptops.indexOf(anna), 1)
    const killedAt = Date.now()
    await addItem(cleo.rest, id, 'Cake')
    await sees(ben.rest, id, 'Cake')
    process.stdout.write(`A new hub was in place ${Date.now() - killedAt} ms after the old one was killed\n`)

    const back = await open(annas, ['hub', '--data', annasFolder])
    await addItem(back.rest, id, 'Speech')
    await Promise.all([sees(cleo.rest, id, 'Speech'), sees(back.rest, id, 'Cake')])
    await holdTheSame([back, ben, cleo])
  })

  it('goes on on both sides when the network is split, with a hub each, and all is one again when it heals', async () => {
    const [annas, bens, cleos] = threeMachines()
    const ports = network.lan([annas, bens, cleos])
    const anna = await open(annas, ['hub', '--data', folders.make('anna'), '--lan-port', '8443'])
    const [forBen, forCleo] = [await newJoin(anna.rest, {}), await newJoin(anna.rest, {})]
    const [ben, cleo] = await Promise.all([
      open(bens, ['device', '--data', folders.make('ben'), '--join', forBen.join, '--take-over']),
      open(cleos, ['device', '--data', folders.make('cleo'), '--join', forCleo.join]),
    ])
    const { id, items } = await makeWedding(anna.rest, 'Anna and Ben', ['Ceremony'])
    await Promise.all([sees(ben.rest, id, 'Ceremony'), sees(cleo.rest, id, 'Ceremony')])

    // One laptop alone: it works on, and neither side's edits are lost.
    ports[2]?.pull()
    await addItem(cleo.rest, id, 'Cake')
    await addItem(anna.rest, id, 'Speech')
    await sees(ben.rest, id, 'Speech')
    expect(await itemTitles(anna.rest, id)).not.toContain('Cake')
    ports[2]?.plug()
    await Promise.all([sees(anna.rest, id, 'Cake'), sees(cleo.rest, id, 'Speech')])

    // The hub is cut off without a word: nobody closes a connection, only silence tells.
    ports[0]?.pull()
    const pulledAt = Date.now()
    await addItem(anna.rest, id, 'Fireworks')
    await addItem(cleo.rest, id, 'Band')
    await sees(ben.rest, id, 'Band')
    process.stdout.write(`A new hub was in place ${Date.now() - pulledAt} ms after the old one was cut off\n`)
    // Both sides change the same field, which nobody's clock may decide in silence.
    const [ceremony] = items
    if (ceremony === undefined) throw new Error('no ceremony')
    await rename(anna.rest, id, ceremony, 'Ceremony in the barn')
    await rename(cleo.rest, id, ceremony, 'Ceremony by the lake')
    expect([await roleOf(anna), await roleOf(ben)]).toEqual(['hub', 'hub'])

    ports[0]?.plug()
    await Promise.all([sees(anna.rest, id, 'Band'), sees(ben.rest, id, 'Fireworks'), sees(cleo.rest, id, 'Fireworks')])
    await holdTheSame([anna, ben, cleo])
    for (const { rest } of [anna, ben, cleo]) {
      const row = (await records(rest, id, 'timeline_items')).find((each) => each.id === ceremony)
      const values = row?.siblings?.title?.map(({ value }) => value)
      expect(values?.toSorted()).toEqual(['Ceremony by the lake', 'Ceremony in the barn'])
    }
  })

  it('is a hub before there is a network: with the hotspot, its address, its links and others come by themselves', async () => {
    const [annas, bens] = [network.machine('anna'), network.machine('ben')]
    const anna = await open(annas, ['hub', '--data', folders.make('early-anna'), '--lan-port', '8443'])
    expect(lanOf(anna.server.ready).url).toBe('https://127.0.0.1:8443')

    const [first] = network.lan([annas, bens])
    const state = await eventually(
      'the hub has an address',
      async () => hubState.parse((await anna.rest.get('hub')).body),
      ({ url }) => url !== 'https://127.0.0.1:8443',
    )
    expect(state.url).toBe(`https://${first?.address}:8443`)
    const { join } = await newJoin(anna.rest, {})
    expect(new URL(join).searchParams.get('url')).toBe(state.url)
    const ben = await open(bens, ['device', '--data', folders.make('early-ben'), '--join', join])
    const { id } = await makeWedding(anna.rest, 'Anna and Ben', ['Ceremony'])
    await sees(ben.rest, id, 'Ceremony')

    // On to another network, whose numbers nobody has heard before.
    first?.pull()
    network.cable(annas, '192.168.40.1', bens, '192.168.40.2')
    await addItem(anna.rest, id, 'Cake')
    await sees(ben.rest, id, 'Cake')
  })

  it('forwards everything once when internet comes last: the near wedding first, the rest by whoever is hub then', async () => {
    const [annas, bens, clouds] = [network.machine('anna'), network.machine('ben'), network.machine('cloud')]
    network.lan([annas, bens])
    const cloud = await open(clouds, ['cloud', '--data', folders.make('cloud'), '--host', '0.0.0.0', '--port', '4700'])
    const enrol = ['--cloud-token', cloud.server.ready.enrol ?? '']
    const hubArgs = ['hub', '--data', folders.make('anna'), '--lan-port', '8443']
    const anna = await open(annas, [...hubArgs, '--cloud', 'http://10.78.1.2:4700', ...enrol])
    const { join } = await newJoin(anna.rest, {})
    const benArgs = ['device', '--data', folders.make('ben'), '--join', join, '--take-over']
    const ben = await open(bens, [...benArgs, '--cloud', 'http://10.78.2.2:4700', ...enrol])

    const far = await makeWedding(anna.rest, 'Next year', numbered('Item', 90), daysAhead(300))
    const near = await makeWedding(anna.rest, 'Tomorrow', numbered('Item', 20), daysAhead(1))
    await sees(ben.rest, near.id, 'Item 19')
    await sees(ben.rest, far.id, 'Item 89')

    network.cable(annas, '10.78.1.1', clouds, '10.78.1.2', { kbitsOfA: 256 })
    const inCloud = cloud.restAs(anna.server.ready.token ?? '')
    const counts = await eventually(
      'the near wedding is in the cloud',
      () => recordCounts(inCloud),
      (all) => all.get(near.id) === 21,
    )
    expect(counts.get(far.id) ?? 0).toBeLessThan(91)

    await anna.kill()
    laptops.splice(laptops.indexOf(anna), 1)
    await addItem(ben.rest, near.id, 'Rain plan')
    network.cable(bens, '10.78.2.1', clouds, '10.78.2.2')
    await eventually(
      'all is in the cloud',
      async () => [await holdings(inCloud), await holdings(ben.rest)] as const,
      ([there, here]) => isDeepStrictEqual(byId(there), byId(here)),
    )
    const total = await recordCounts(inCloud)
    expect([total.get(near.id), total.get(far.id)]).toEqual([22, 91])
    await eventually(
      'ben has taken over',
      () => roleOf(ben),
      (role) => role === 'hub',
    )
  })
})

function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name} ${n}`)
}

function daysAhead(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}

/** Records by wedding; none before the cloud has heard of the team. */
async function recordCounts(cloud: Rest): Promise<ReadonlyMap<string, number>> {
  const { status } = await cloud.get('weddings')
  return new Map(status === 401 ? [] : (await holdings(cloud)).map(({ id, records }) => [id, records]))
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => a.id.localeCompare(b.id))
}

function threeMachines(): readonly [Machine, Machine, Machine] {
  return [network.machine('anna'), network.machine('ben'), network.machine('cleo')]
}

async function rename(api: Rest, weddingId: string, itemId: string, title: string): Promise<void> {
  const data = { wedding_id: weddingId, title }
  await push(api, [{ action: 'update', table: 'timeline_items', id: itemId, data }])
}

async function roleOf({ rest }: Laptop): Promise<string> {
  return z.object({ role: z.string() }).parse((await rest.get('health')).body).role
}

/** Records and digests of every wedding, on every laptop; asked until nothing is under way. */
async function holdTheSame(all: readonly Laptop[]): Promise<void> {
  await eventually(
    'all hold the same',
    () => Promise.all(all.map(({ rest }) => holdings(rest))),
    ([first, ...others]) => others.every((each) => isDeepStrictEqual(each, first)),
  )
}
