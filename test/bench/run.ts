/** `npm run bench -- NAME [--json]`: measures, and prints what it measured. Never part of the tests. */
import { cpus } from 'node:os'
import { chain } from './chain.ts'
import { merge } from './merge.ts'
import { seal } from './seal.ts'
import { storage } from './storage.ts'

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
}

const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = { chain, merge, seal, storage }

const args = process.argv.slice(2)
const json = args.includes('--json')
const [name = ''] = args.filter((arg) => !arg.startsWith('--'))
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (!bench) {
  process.stderr.write(`Which one? ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}
const figures = await bench()
const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model.trim() }
if (json) process.stdout.write(`${JSON.stringify({ bench: name, at: new Date().toISOString(), machine, figures })}\n`)
else for (const figure of figures) process.stdout.write(`${figure.name.padEnd(52)} ${figure.value} ${figure.unit}\n`)
