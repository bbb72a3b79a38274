/**
 * Compares the rows of the REST contract with the titles of its tests: `node test/tools/contractCheck.ts` lists rows that
 * no test is about, and quotes of rows that are not there.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROWS } from '../server/rest/contract/rows.ts'
import { ROOT } from './run.ts'

export interface ContractFaults {
  readonly untested: readonly string[]
  readonly unknown: readonly string[]
}

/** `[1.1.4]` at the beginning of a text, or behind another one. */
const QUOTES = /(['"`])((?:\[\d+\.\d+(?:\.\d+)?\])+)/g

export function rowsQuotedIn(source: string): readonly string[] {
  return [...source.matchAll(QUOTES)].flatMap(([, , brackets = '']) => brackets.match(/[\d.]+/g) ?? [])
}

export function checkContract(): ContractFaults {
  const folder = join(ROOT, 'test', 'server', 'rest', 'contract')
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'rows.ts')
  const quoted = new Set(files.flatMap((file) => rowsQuotedIn(readFileSync(join(folder, file), 'utf8'))))
  return {
    untested: Object.entries(ROWS).flatMap(([row, name]) => (quoted.has(row) ? [] : [`${row} ${name}`])),
    unknown: [...quoted].filter((row) => !Object.hasOwn(ROWS, row)),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { untested, unknown } = checkContract()
  for (const row of untested) process.stdout.write(`No test is about ${row}\n`)
  for (const row of unknown) process.stdout.write(`There is no row ${row}\n`)
  process.exitCode = untested.length + unknown.length === 0 ? 0 : 1
}
