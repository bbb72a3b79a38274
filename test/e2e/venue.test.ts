/**
 * A barn without internet, as network namespaces: laptops on one switch with no route to anywhere. The hub dies, another
 * takes over, networks are split and joined again.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { createNetwork, type Network, whyNoNamespaces } from '../support/namespaces.ts'
import { lanOf, makeWedding, newJoin, push, records, weddings } from '../support/teamCalls.ts'
import { type Laptop, openLaptop } from '../support/venue.ts'
import { eventually, type Rest, temporaryFolders } from '../support/wedsync.ts'

const reason = whyNoNamespaces()
const title = `a venue without internet${reason ? ` (skipped: ${reason})` : ''}`

const folders = temporaryFolders()
const laptops: Laptop[] = []
let network: Network

afterEach(async () => {
  await Promise.all(laptops.splice(0).map((laptop) => laptop.stop()))
  network.destroy()
  folders.cleanUp()
})

async function open(...args: Parameters<typeof openLaptop>): Promise<Laptop> {
  const laptop = await openLaptop(...args)
  laptops.push(laptop)
  return laptop
}

async function titles(api: Rest, weddingId: string): Promise<readonly unknown[]> {
  return (await records(api, weddingId, 'timeline_items')).map(({ data }) => data.title)
}

async function addItem(api: Rest, weddingId: string, name: string): Promise<void> {
  const data = { wedding_id: weddingId, title: name }
  await push(api, [{ action: 'create', table: 'timeline_items', id: crypto.randomUUID(), data }])
}

async function sees(api: Rest, weddingId: string, name: string): Promise<void> {
  await eventually(
    `"${name}" is there`,
    () => titles(api, weddingId),
    (all) => all.includes(name),
  )
}

describe.skipIf(reason !== undefined)(title, () => {
  it('goes on when the hub dies: another laptop takes over, the others follow, and the old hub comes back', async () => {
    network = createNetwork()
    const machines = ['anna', 'ben', 'cleo'].map((name) => network.machine(name))
    const [annas, bens, cleos] = machines
    if (!annas || !bens || !cleos) throw new Error('no machines')
    const ports = network.lan(machines)
    const annasFolder = folders.make('anna')

    const anna = await open(annas, ['hub', '--data', annasFolder, '--lan-port', '8443'])
    expect(lanOf(anna.server.ready).url).toBe(`https://${ports[0]?.address}:8443`)
    const [forBen, forCleo] = [await newJoin(anna.rest, {}), await newJoin(anna.rest, {})]
    const ben = await open(bens, ['device', '--data', folders.make('ben'), '--join', forBen.join, '--take-over'])
    const cleo = await open(cleos, ['device', '--data', folders.make('cleo'), '--join', forCleo.join])
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
    const digests = await Promise.all(
      [back, ben, cleo].map(async ({ rest }) => (await weddings(rest)).map(({ digest }) => digest)),
    )
    expect(digests[1]).toEqual(digests[0])
    expect(digests[2]).toEqual(digests[0])
  })
})
