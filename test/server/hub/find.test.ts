import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { teamHost } from '../../../model/identity/teamHost.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'
import { createNetwork, type Machine, type Network, whyNoNamespaces } from '../../support/namespaces.ts'

const reason = whyNoNamespaces()
const title = `hubs on a network without internet${reason ? ` (skipped: ${reason})` : ''}`

const hubs = z.array(z.object({ deviceId: z.string(), url: z.string(), ofOwnTeam: z.boolean() }))
type Hubs = z.infer<typeof hubs>

const WAIT_MS = 15_000
const [ours, theirs] = [createTeamKeys(), createTeamKeys()]
let network: Network | undefined
const children: ChildProcess[] = []

afterEach(async () => {
  await Promise.all(children.splice(0).map(ended))
  network?.destroy()
  network = undefined
})

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await exit
}

function start(machine: Machine, script: string, ...args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const [command, rest] = machine.command(process.execPath, path, ...args)
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

/** Waits until the device hears what it should. */
function hearer(machine: Machine, teamKey: string): (wanted: (heard: Hubs) => boolean) => Promise<Hubs> {
  const { stdout } = start(machine, './finder.ts', teamKey)
  if (!stdout) throw new Error('the finder has no output')
  let heard: Hubs = []
  let check = (): void => undefined
  createInterface(stdout).on('line', (line) => {
    heard = hubs.parse(JSON.parse(line))
    check()
  })
  return (wanted) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`heard only ${JSON.stringify(heard)}`)), WAIT_MS)
      check = () => {
        if (!wanted(heard)) return
        clearTimeout(timer)
        resolve(heard)
      }
      check()
    })
}

describe.skipIf(reason !== undefined)(title, () => {
  it('are found, told apart by team, and forgotten when they say goodbye', async () => {
    network = createNetwork()
    const [device, anna, other] = ['device', 'anna', 'other'].map((name) => network?.machine(name))
    if (!device || !anna || !other) throw new Error('no machines')
    network.cable(device, '10.77.1.1', anna, '10.77.1.2')
    network.cable(device, '10.77.2.1', other, '10.77.2.2')
    const [annasId, othersId] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
    const hearing = hearer(device, ours.publicKey)
    const hub = start(anna, './announcer.ts', annasId, ours.privateKey, '8443')
    start(other, './announcer.ts', othersId, theirs.privateKey, '9443')

    const heard = await hearing((all) => all.length === 2)
    expect(heard).toContainEqual({ deviceId: annasId, url: 'https://10.77.1.2:8443', ofOwnTeam: true })
    expect(heard).toContainEqual({ deviceId: othersId, url: 'https://10.77.2.2:9443', ofOwnTeam: false })

    await ended(hub)
    const left = await hearing((all) => all.length === 1)
    expect(left.map(({ deviceId }) => deviceId)).toEqual([othersId])
  })

  it('are called by the name of their team by tablets, which ask the network for it', async () => {
    network = createNetwork()
    const [tablet, hub] = [network.machine('tablet'), network.machine('hub')]
    network.cable(tablet, '10.77.4.1', hub, '10.77.4.2')
    const host = teamHost(crypto.randomUUID())
    const { stdout } = start(tablet, './resolver.ts', host, '10.77.4.1')
    if (!stdout) throw new Error('the resolver has no output')
    // Asked before there is anybody to answer, and while the hub of another team is there.
    start(hub, './announcer.ts', randomBytes(32).toString('base64url'), theirs.privateKey, '9443')
    start(hub, './announcer.ts', randomBytes(32).toString('base64url'), ours.privateKey, '8443', host)
    const [line] = await once(createInterface(stdout), 'line', { signal: AbortSignal.timeout(WAIT_MS) })
    expect(JSON.parse(z.string().parse(line))).toBe('10.77.4.2')
  })

  it('are found on a hotspot that is switched on later', async () => {
    network = createNetwork()
    const [device, hub] = [network.machine('device'), network.machine('hub')]
    const hearing = hearer(device, ours.publicKey)
    const deviceId = randomBytes(32).toString('base64url')
    start(hub, './announcer.ts', deviceId, ours.privateKey, '8443')
    network.cable(device, '10.77.3.1', hub, '10.77.3.2')

    const heard = await hearing((all) => all.length === 1)
    expect(heard).toEqual([{ deviceId, url: 'https://10.77.3.2:8443', ofOwnTeam: true }])
  })
})
