/**
 * How long a team waits when its hub is gone: three laptops in namespaces of their own, one the hub, one that may take
 * over, one that may not. From the moment at which the hub is killed, or its cable pulled, until an edit of the third
 * is seen at the second: then all are live on the new hub.
 */
import type { Port } from '../support/namespaces.ts'
import { createNetwork, type Machine, whyNoNamespaces } from '../support/namespaces.ts'
import { itemTitles, makeWedding, newJoin, push, weddings } from '../support/teamCalls.ts'
import { type Laptop, openLaptop } from '../support/venue.ts'
import { eventually, temporaryFolders } from '../support/wedsync.ts'
import { median } from './median.ts'
import type { Figure } from './run.ts'

const DEFAULT_ROUNDS = 5
const LOOK_MS = 25
const PATIENCE_MS = 60_000
/** A session this old has proved its line, as one in the middle of a day has. */
const SETTLED_MS = 6_000
const KILLED_MS = 5_000
const PULLED_MS = 15_000

interface Seat {
  readonly machine: Machine
  readonly port: Port
  readonly folder: string
  laptop: Laptop
}

type Gone = 'killed' | 'cut off'

/** Rounds of each kind: `TAKEOVER_ROUNDS`, else five. */
export async function takeovers(): Promise<readonly Figure[]> {
  const reason = whyNoNamespaces()
  if (reason !== undefined) {
    process.stderr.write(`Taking over is not measured: ${reason}\n`)
    return []
  }
  const rounds = Number(process.env.TAKEOVER_ROUNDS ?? DEFAULT_ROUNDS)
  const [killed, pulled] = [await measure('killed', rounds), await measure('cut off', rounds)]
  return [...figuresOf('hub killed', killed, KILLED_MS), ...figuresOf('cable of the hub pulled', pulled, PULLED_MS)]
}

function figuresOf(name: string, times: readonly number[], atMost: number): readonly Figure[] {
  const sorted = times.toSorted((a, b) => a - b)
  const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN
  return [
    { name: `${name}, until all are live on the next, median of ${times.length}`, value: median(times), unit: 'ms' },
    { name: '… p95', value: p95, unit: 'ms', goal: { atMost } },
  ]
}

async function measure(how: Gone, rounds: number): Promise<readonly number[]> {
  const network = createNetwork()
  const folders = temporaryFolders()
  const running: Laptop[] = []
  const open = async (machine: Machine, args: readonly string[]): Promise<Laptop> => {
    const laptop = await openLaptop(machine, args)
    running.push(laptop)
    return laptop
  }
  try {
    const machines = ['anna', 'ben', 'cleo'].map((name) => network.machine(name))
    const ports = network.lan(machines)
    const seat = async (n: number, command: readonly string[]): Promise<Seat> => {
      const [machine, port] = [machines[n], ports[n]]
      if (!machine || !port) throw new Error('no machine')
      const folder = folders.make(`${how}-${n}`)
      return { machine, port, folder, laptop: await open(machine, [...command, '--data', folder]) }
    }
    let hub = await seat(0, ['hub', '--lan-port', '8443'])
    const link = async () => (await newJoin(hub.laptop.rest, {})).join
    let next = await seat(1, ['device', '--take-over', '--join', await link()])
    const { laptop: third } = await seat(2, ['device', '--join', await link()])
    const { id } = await makeWedding(hub.laptop.rest, 'Anna and Ben', ['Ceremony'])

    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      await settle([next.laptop, third], id)
      const title = `Edit ${round}`
      const start = performance.now()
      if (how === 'killed') await hub.laptop.kill()
      else hub.port.pull()
      const data = { wedding_id: id, title }
      await push(third.rest, [{ action: 'create', table: 'timeline_items', id: crypto.randomUUID(), data }])
      await seen(next.laptop, id, title)
      times.push(Math.round(performance.now() - start))
      process.stderr.write(`hub ${how}: all live on the next after ${times.at(-1)} ms\n`)
      if (how === 'cut off') {
        await hub.laptop.kill()
        hub.port.plug()
      }
      running.splice(running.indexOf(hub.laptop), 1)
      hub.laptop = await open(hub.machine, ['device', '--take-over', '--data', hub.folder])
      await seen(hub.laptop, id, title)
      ;[hub, next] = [next, hub]
    }
    return times
  } finally {
    await Promise.all(running.map((laptop) => laptop.kill()))
    network.destroy()
    folders.cleanUp()
  }
}

async function seen({ rest }: Laptop, weddingId: string, title: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while (!(await itemTitles(rest, weddingId)).includes(title)) {
    if (performance.now() > until) throw new Error(`"${title}" did not come within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** All are complete towards the hub, and have been with it for a while. */
async function settle(laptops: readonly Laptop[], weddingId: string): Promise<void> {
  await eventually(
    'all are complete',
    () => Promise.all(laptops.map(({ rest }) => weddings(rest))),
    (all) => all.every((each) => each.some(({ id, complete }) => id === weddingId && complete)),
  )
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS))
}
