/** `npm run bench -- NAME [--json]`: measures, and prints what it measured. Never part of the tests. */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { api } from './api.ts'
import { chain } from './chain.ts'
import { type Goal, isMet } from './goal.ts'
import { hub } from './hub.ts'
import { merge } from './merge.ts'
import { seal } from './seal.ts'
import { storage } from './storage.ts'
import { sync } from './sync.ts'

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Absent where nothing is to be reached. */
  readonly goal?: Goal
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    /** Of `sync` and `api`: one contender, or one database, alone; of `hub`: one part alone. */
    only: { type: 'string' },
    /** Of `sync`: a smaller run. */
    scale: { type: 'string', default: '1' },
    /** Of `sync` and `api`: only workloads whose name begins so. */
    workload: { type: 'string', default: '' },
    /** Of `api`: how long each row is measured, on how many records, with how many clients, `closed` or `paced`. */
    seconds: { type: 'string', default: '5' },
    records: { type: 'string', default: '100000' },
    clients: { type: 'string' },
    pace: { type: 'string' },
  },
})
const { json, only } = values
const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  api: () =>
    api({
      seconds: Number(values.seconds),
      records: Number(values.records),
      workload: values.workload,
      ...(only !== undefined && { only }),
      ...(values.clients !== undefined && { clients: Number(values.clients) }),
      ...(values.pace !== undefined && { pace: values.pace }),
    }),
  chain,
  hub: () => hub(only),
  merge,
  seal,
  storage,
  sync: () => sync({ scale: Number(values.scale), workload: values.workload, ...(only !== undefined && { only }) }),
}

const [name = ''] = positionals
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (!bench) {
  process.stderr.write(`Which one? ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}
const figures = await bench()
const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model.trim() }
if (json) process.stdout.write(`${JSON.stringify({ bench: name, at: new Date().toISOString(), machine, figures })}\n`)
else for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`)

function lineOf({ name, value, unit, goal }: Figure): string {
  const line = `${name.padEnd(64)} ${value.toLocaleString('en')} ${unit}`
  if (!goal) return line
  const told = 'atLeast' in goal ? `at least ${goal.atLeast.toLocaleString('en')}` : `at most ${goal.atMost}`
  return `${line.padEnd(84)} goal: ${told}, ${isMet(value, goal) ? 'met' : 'MISSED'}`
}
