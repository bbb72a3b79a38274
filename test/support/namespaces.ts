/**
 * Network namespaces for tests: machines of their own on cables of their own, with no way out. They need root and
 * `ip` (iproute2); elsewhere the tests that use them are skipped, with the reason.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'

/** Why namespaces cannot be made here; `undefined` if they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (spawnSync('ip', ['netns', 'list']).status !== 0) return 'network namespaces need the command `ip` (iproute2)'
  return spawnSync('tc', ['-Version']).status === 0 ? undefined : 'slow cables need the command `tc` (iproute2)'
}

export interface Machine {
  readonly name: string
  /** Command and arguments that run a program on this machine. */
  command(program: string, ...args: readonly string[]): readonly [string, readonly string[]]
}

export interface Network {
  machine(name: string): Machine
  /** A cable between two machines, up at once; each end has the address given, in a network of 256. */
  cable(a: Machine, addressOfA: string, b: Machine, addressOfB: string, options?: CableOptions): Cable
  /** A switch with a cable to each machine, which are .1, .2, … in a network `10.77.N.0/24` of its own. */
  lan(machines: readonly Machine[]): readonly Port[]
  /** Takes everything down. */
  destroy(): void
}

/** A machine's place in a LAN. */
export interface Port extends Cable {
  readonly address: string
}

export interface Cable {
  pull(): void
  plug(): void
}

export interface CableOptions {
  /** What the first machine can send, as over a slow line. */
  readonly kbitsOfA?: number
}

const BRIDGE = 'bridge0'

export function createNetwork(): Network {
  const prefix = `ws${randomBytes(3).toString('hex')}`
  const machines: Machine[] = []
  let cables = 0
  let lans = 0

  function machine(label: string): Machine {
    const name = `${prefix}-${label}`
    ip('netns', 'add', name)
    const made: Machine = {
      name,
      command: (program, ...args) => ['ip', ['netns', 'exec', name, program, ...args]],
    }
    machines.push(made)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    return made
  }

  /** @returns the names of the two ends of a new cable */
  function lay(a: Machine, b: Machine): readonly [string, string] {
    // Names of interfaces have at most 15 characters.
    const ends = [`${prefix}${cables}a`, `${prefix}${cables}b`] as const
    cables++
    ip('link', 'add', ends[0], 'netns', a.name, 'type', 'veth', 'peer', 'name', ends[1], 'netns', b.name)
    return ends
  }

  return {
    machine,
    cable(a, addressOfA, b, addressOfB, { kbitsOfA } = {}) {
      const [endOfA, endOfB] = lay(a, b)
      if (kbitsOfA !== undefined) slowDown(a, endOfA, kbitsOfA)
      plugIn(a, endOfA, addressOfA)
      plugIn(b, endOfB, addressOfB)
      return { pull: () => set(a, endOfA, 'down'), plug: () => set(a, endOfA, 'up') }
    },
    lan(members) {
      const number = ++lans
      const hub = machine(`switch${number}`)
      ip('-n', hub.name, 'link', 'add', 'name', BRIDGE, 'type', 'bridge')
      set(hub, BRIDGE, 'up')
      return members.map((member, i) => {
        const [end, port] = lay(member, hub)
        ip('-n', hub.name, 'link', 'set', port, 'master', BRIDGE)
        set(hub, port, 'up')
        const address = `10.77.${number}.${i + 1}`
        plugIn(member, end, address)
        // Pulled at the switch, as when a Wi-Fi access point dies: the machine keeps its address.
        return { address, pull: () => set(hub, port, 'down'), plug: () => set(hub, port, 'up') }
      })
    },
    destroy() {
      for (const { name } of machines.splice(0)) ip('netns', 'delete', name)
    },
  }
}

function plugIn(machine: Machine, end: string, address: string): void {
  ip('-n', machine.name, 'address', 'add', `${address}/24`, 'dev', end)
  set(machine, end, 'up')
}

function set(machine: Machine, end: string, state: 'up' | 'down'): void {
  ip('-n', machine.name, 'link', 'set', end, state)
}

function slowDown(machine: Machine, end: string, kbits: number): void {
  const bucket = ['tbf', 'rate', `${kbits}kbit`, 'burst', '16kb', 'latency', '400ms']
  const [command, args] = machine.command('tc', 'qdisc', 'add', 'dev', end, 'root', ...bucket)
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
