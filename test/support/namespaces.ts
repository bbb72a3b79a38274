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
  const probe = spawnSync('ip', ['netns', 'list'])
  return probe.status === 0 ? undefined : 'network namespaces need the command `ip` (iproute2)'
}

export interface Machine {
  readonly name: string
  /** Command and arguments that run a program on this machine. */
  command(program: string, ...args: readonly string[]): readonly [string, readonly string[]]
}

export interface Network {
  machine(name: string): Machine
  /** A cable between two machines, up at once; each end has the address given, in a network of 256. */
  cable(a: Machine, addressOfA: string, b: Machine, addressOfB: string): Cable
  /** Takes everything down. */
  destroy(): void
}

export interface Cable {
  pull(): void
  plug(): void
}

export function createNetwork(): Network {
  const prefix = `ws${randomBytes(3).toString('hex')}`
  const machines: Machine[] = []
  let cables = 0

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

  return {
    machine,
    cable(a, addressOfA, b, addressOfB) {
      // Names of interfaces have at most 15 characters.
      const ends = [`${prefix}${cables}a`, `${prefix}${cables}b`] as const
      cables++
      ip('link', 'add', ends[0], 'netns', a.name, 'type', 'veth', 'peer', 'name', ends[1], 'netns', b.name)
      const sides = [
        { machine: a, end: ends[0], address: addressOfA },
        { machine: b, end: ends[1], address: addressOfB },
      ]
      const set = (state: 'up' | 'down') => {
        for (const side of sides) ip('-n', side.machine.name, 'link', 'set', side.end, state)
      }
      for (const side of sides) ip('-n', side.machine.name, 'address', 'add', `${side.address}/24`, 'dev', side.end)
      set('up')
      return { pull: () => set('down'), plug: () => set('up') }
    },
    destroy() {
      for (const { name } of machines.splice(0)) ip('netns', 'delete', name)
    },
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
