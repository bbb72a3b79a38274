import { describe, expect, it } from 'vitest'
import { checkSpec, compareSpec, rulesIn, rulesQuotedIn } from '../../tools/specCheck.ts'

describe('model/SPEC.md', () => {
  it('has a test for every rule, and every rule that a test quotes', () => {
    expect(checkSpec()).toEqual({ untested: [], unknown: [], twice: [] })
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
