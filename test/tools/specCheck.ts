/**
 * Compares the rules of `model/SPEC.md` with the titles of the tests: every rule is quoted by a test, and no test quotes a
 * rule that is not there. `node test/tools/specCheck.ts` prints what is amiss.
 *
 * A rule is a list item `- **REG3** …`. A title quotes rules at its beginning: `[REG3] …`, `[REG3][INV4] …`. The invariants
 * may also be quoted by their number alone: `[4] …`, `[1, 2] …`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from './run.ts'

export interface SpecFaults {
  /** Rules that no title quotes. */
  readonly untested: readonly string[]
  /** Rules that some title quotes and the text does not have, as `REG99 in test/…`. */
  readonly unknown: readonly string[]
  /** Rules that the text has twice. */
  readonly twice: readonly string[]
}

const RULE = /^- \*\*([A-Z]+\d+)\*\*/gm
/** The first argument of a call that is a text and begins with brackets. */
const TITLE = /\(\s*(['"`])((?:\[[A-Z]*\d+(?:, ?[A-Z]*\d+)*\])+) /g

export function rulesIn(spec: string): readonly string[] {
  return [...spec.matchAll(RULE)].flatMap(([, rule]) => rule ?? [])
}

export function rulesQuotedIn(source: string): readonly string[] {
  return [...source.matchAll(TITLE)].flatMap(([, , brackets = '']) =>
    [...brackets.matchAll(/[A-Z]*\d+/g)].map(([rule]) => (/^\d/.test(rule) ? `INV${rule}` : rule)),
  )
}

/** @param sources the texts of the test files, by name */
export function compareSpec(spec: string, sources: ReadonlyMap<string, string>): SpecFaults {
  const rules = rulesIn(spec)
  const quoted = new Map([...sources].map(([file, source]) => [file, rulesQuotedIn(source)]))
  const tested = new Set([...quoted.values()].flat())
  return {
    untested: rules.filter((rule) => !tested.has(rule)),
    unknown: [...quoted].flatMap(([file, all]) =>
      all.filter((rule) => !rules.includes(rule)).map((rule) => `${rule} in ${file}`),
    ),
    twice: rules.filter((rule, i) => rules.indexOf(rule) !== i),
  }
}

/** `model/SPEC.md` against every TypeScript file of `test/`, since contract suites have titles too. */
export function checkSpec(): SpecFaults {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  const sources = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [`test/${file}`, readFileSync(join(ROOT, 'test', file), 'utf8')] as const)
  return compareSpec(readFileSync(join(ROOT, 'model', 'SPEC.md'), 'utf8'), new Map(sources))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { untested, unknown, twice } = checkSpec()
  for (const rule of untested) process.stdout.write(`No test quotes ${rule}\n`)
  for (const quote of unknown) process.stdout.write(`There is no rule ${quote}\n`)
  for (const rule of twice) process.stdout.write(`${rule} is there twice\n`)
  process.exitCode = untested.length + unknown.length + twice.length === 0 ? 0 : 1
}
