import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFrequent } from '../../../model/wire/frequent.ts'
import { message } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'

const scope = uuidOf(1)
const HEX = 'a'.repeat(64)
const FREQUENT: readonly object[] = [
  { type: 'changes', scope, seq: 7, remaining: 0, records: [] },
  { type: 'changes', scope, seq: 7, remaining: 3, records: [{ id: 'one' }, null, 'what'] },
  { type: 'ack', scope, seq: 0, refused: [] },
  { type: 'ack', scope, seq: 7, refused: [], tookMs: 0.25 },
  { type: 'ack', scope, seq: 7, refused: [], tookMs: 3, batches: 2 },
  { type: 'digest', scope, classes: {}, except: [] },
  { type: 'digest', scope, classes: { open: HEX, money: HEX }, except: [] },
  { type: 'verdict', scope, outcome: 'equal' },
  { type: 'verdict', scope, outcome: 'foreign' },
  { type: 'ping' },
  { type: 'pong' },
]

/** What may stand in some place of a message instead of what belongs there. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(-1, 0.5, 1, 100, 101, 2 ** 53, '', 'equal', HEX, `${HEX}a`, scope, scope.toUpperCase(), `${scope}\n`),
  fc.constantFrom(
    Array.from({ length: 101 }, () => 1),
    { ['__proto__']: HEX },
    [{ id: 'one', reason: 'no' }],
    ['one'],
  ),
)
const KEYS = [
  'type',
  'scope',
  'seq',
  'remaining',
  'records',
  'refused',
  'needs',
  'tookMs',
  'absent',
  'batches',
  'classes',
  'except',
]
const key = fc.constantFrom(...KEYS, 'outcome', '__proto__', 'of the future')

/** The message with a key more, less or changed, as it would come over the wire. */
const nearly = fc
  .record({ base: fc.constantFrom(...FREQUENT), key, value: anything, without: fc.boolean() })
  .map(({ base, key: name, value, without }) => {
    const entries = Object.entries(base).filter(([each]) => each !== name)
    const text = [...entries, ...(without ? [] : [[name, value] as const])]
      .map(([each, of]) => `${JSON.stringify(each)}:${JSON.stringify(of)}`)
      .join()
    return `{${text}}`
  })

describe('messages that go to and fro at every edit', () => {
  it.each(FREQUENT)('[SYN23] are recognised by hand, as they are: $type', (each) => {
    expect(isFrequent(each)).toBe(true)
    expect(message.parse(each)).toEqual(each)
  })

  it('[SYN23] what is recognised by hand is what the schemas take, and comes out the same', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        const raw: unknown = JSON.parse(text)
        if (!isFrequent(raw)) return
        expect(message.parse(raw)).toEqual(raw)
      }),
      { numRuns: 3_000 },
    )
  })

  it('[SYN23] what is rare, or wrong, is left to the schemas', () => {
    const refusing = { type: 'ack', scope, seq: 1, refused: [{ id: 'one', reason: 'because' }] }
    for (const each of [refusing, null, [], 'ping', { type: 'bye' }, { type: 'ping', more: 1 }, { type: 'changes' }]) {
      expect(isFrequent(each)).toBe(false)
    }
  })
})
