import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../tools/run.ts'
import { checkSpec, compareSpec, rulesIn, rulesQuotedIn } from '../../tools/specCheck.ts'

const SPEC = join(ROOT, 'model', 'SPEC.md')

describe('model/SPEC.md', () => {
  it('has a test for every rule, and every rule that a test quotes', () => {
    expect(checkSpec()).toEqual({ untested: [], unknown: [], twice: [] })
  })

  it('leads a reader through files that exist and say what they are for', () => {
    const [, path = ''] = /### One edit, from keystroke to cloud\n([^#]*)/.exec(readFileSync(SPEC, 'utf8')) ?? []
    const files = [...path.matchAll(/`((?:model|renderer|server)\/[^`]+)`/g)].flatMap(([, file]) => file ?? [])
    expect(files.length).toBeGreaterThan(20)
    const silent = files.filter((file) => !readFileSync(join(ROOT, file), 'utf8').includes('/**'))
    expect(silent).toEqual([])
  })

  it('is compared by its list items and by the beginnings of titles', () => {
    const spec = '- **REG1** One.\n- **INV2** Two.\n- **INV2** Again.\nSee **REG3**.'
    const call = (title: string): string => `it(${title}, () => 1)`
    const sources = new Map([
      ['a.test.ts', [call("'[REG1][REG9] x'"), call("'see [REG7]'"), "])(\n  '[7] y'"].join('\n')],
      ['b.test.ts', call('`[1, 2] z`')],
    ])
    expect(rulesIn(spec)).toEqual(['REG1', 'INV2', 'INV2'])
    expect(rulesQuotedIn(call("'[REG1][REG9] x'"))).toEqual(['REG1', 'REG9'])
    expect(compareSpec(spec, sources)).toEqual({
      untested: [],
      unknown: ['REG9 in a.test.ts', 'INV7 in a.test.ts', 'INV1 in b.test.ts'],
      twice: ['INV2'],
    })
    expect(compareSpec(spec, new Map()).untested).toEqual(['REG1', 'INV2', 'INV2'])
  })
})
