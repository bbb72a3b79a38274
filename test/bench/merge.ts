/** The merge core in memory, on a record of twelve fields, and beside it the libraries that one could take instead. */
import { decodeRecord, decodeStored, encodeRecord } from '../../model/merge/codec.ts'
import { scopeDigest, unitHash } from '../../model/merge/digest.ts'
import { editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../model/merge/record.ts'
import type { Unit } from '../../model/merge/unit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { automerge } from './automerge.ts'
import type { Contender } from './contender.ts'
import { rounded } from './median.ts'
import { elsewhere, ours, sure } from './ours.ts'
import { bestPerSecond, perSecond, sideBySide, tasksOf } from './rate.ts'
import { EDITS, newAuthor, newRecord, plainRow, recordEditedBy } from './record.ts'
import type { Figure } from './run.ts'
import { yjs, yjsUnopened } from './yjs.ts'

const DEVICES = [1, 5, 20]
const SCOPE_RECORDS = 1_000
const JOINS_GOAL = { atLeast: 1_000_000 }
const CHAIN = 'decode ours + decode and check theirs + join + digest + encode'
const CHAIN_GOAL = { atLeast: 100_000 }
const SIZE_GOAL = { atMost: 1.5 }
const GOAL_DEVICES = 5
/** Faster than either library: by more than what two runs of the same thing differ by. */
const FASTER = { atLeast: 1.1 }

export async function merge(): Promise<readonly Figure[]> {
  // First: what a library does to the process when it is loaded (its WebAssembly, its objects) is not ours to be measured.
  const core = [...rates({ ...joins(), ...steps(recordEditedBy(5)) }), ...scopes()]
  const third = await automerge()
  if (!third) process.stderr.write('Automerge is not installed: npm ci --prefix test/bench/peers\n')
  const contenders = [ours(), yjs(), ...(third ? [third] : [])]
  return [...core, ...comparisons(contenders), ...sizes(contenders)]
}

type Runs = Readonly<Record<string, () => unknown>>

function rates(runs: Runs): readonly Figure[] {
  return bestPerSecond(runs).flatMap(({ name, best, median }) => [
    { name, value: best, unit: '/s', ...goalOf(name) },
    { name: '… median of its rounds', value: median, unit: '/s' },
  ])
}

function goalOf(name: string): Pick<Figure, 'goal'> {
  if (name === CHAIN) return { goal: CHAIN_GOAL }
  return name.startsWith('join, ') ? { goal: JOINS_GOAL } : {}
}

function joins(): Runs {
  const base = newRecord()
  const here = elsewhere(base)
  const left = elsewhere(editRecord(base, EDITS.title, newAuthor()))
  const right = elsewhere(editRecord(base, EDITS.start, newAuthor()))
  const rival = elsewhere(editRecord(base, EDITS.sameTitle, newAuthor()))
  const there = elsewhere(base)
  const join = (a: CausalRecord, b: CausalRecord) => () => sure(joinRecords(a, b))
  return {
    'join, same on both sides': join(here, there),
    'join, the other side newer': join(here, left),
    'join, the other side older': join(left, here),
    'join, both edited, different fields': join(left, right),
    'join, both edited, the same field': join(left, rival),
  }
}

/** What happens to a record between disk and disk, step by step and in one. */
function steps(record: CausalRecord): Runs {
  const stored = encodeRecord(record)
  const other = encodeRecord(editRecord(record, EDITS.start, newAuthor()))
  const joined = () => sure(joinRecords(sure(decodeStored(stored)), sure(decodeRecord(other))))
  return {
    'decode, from our own disk': () => decodeStored(stored),
    'decode, with the bounds for what a peer sends': () => decodeRecord(stored),
    encode: () => encodeRecord(record),
    'digest of a unit': () => unitHash(record.id, 'open', openUnit(record)),
    [CHAIN]: () => {
      const both = joined()
      unitHash(both.id, 'open', openUnit(both))
      return encodeRecord(both)
    },
    view: () => viewRecord(record),
  }
}

function openUnit(record: CausalRecord): Unit {
  const unit = record.units.get('open')
  if (!unit) throw new Error('the record has an open unit')
  return unit
}

function scopes(): readonly Figure[] {
  const records = Array.from({ length: SCOPE_RECORDS }, () => recordEditedBy(2))
  const { value } = perSecond('', () => scopeDigest(records))
  return [{ name: `digest of a scope of ${SCOPE_RECORDS} records`, value: rounded(1_000 / value), unit: 'ms' }]
}

const TASKS: readonly (readonly [name: string, task: 'merge' | 'loadMergeSave' | 'loadAndRead' | 'edit'])[] = [
  ['merge two edits of one record', 'merge'],
  ['load + merge + save', 'loadMergeSave'],
  ['load + read', 'loadAndRead'],
  ['edit one field', 'edit'],
]

/** Each task by all contenders in turn, and how much faster ours are. */
function comparisons(contenders: readonly Contender[]): readonly Figure[] {
  const unopened = perSecond('Yjs: merge the bytes, unread', yjsUnopened())
  return [...TASKS.flatMap(([name, task]) => comparison(name, task, contenders)), unopened]
}

function comparison(
  name: string,
  task: (typeof TASKS)[number][1],
  contenders: readonly Contender[],
): readonly Figure[] {
  const rates = sideBySide(contenders.map((contender) => tasksOf(name, () => contender[task]())))
  const [ourRate = 0] = rates
  return contenders.flatMap((contender, n): readonly Figure[] => {
    const rate = rates[n] ?? 0
    const figure = { name: `${contender.name}: ${name}`, value: Math.round(rate), unit: '/s' }
    if (n === 0) return [figure]
    return [figure, { name: `… WedSync / ${contender.name}`, value: rounded(ourRate / rate), unit: '×', goal: FASTER }]
  })
}

function sizes(contenders: readonly Contender[]): readonly Figure[] {
  return DEVICES.flatMap((devices) => {
    const row = Buffer.byteLength(plainRow(viewRecord(recordEditedBy(devices)).data))
    const after = `after edits on ${devices} ${devices === 1 ? 'device' : 'devices'}`
    return [
      { name: `plain row ${after}`, value: row, unit: 'bytes' },
      ...contenders.flatMap((contender) => {
        const bytes = contender.bytes(devices)
        return [
          { name: `${contender.name} ${after}`, value: bytes, unit: 'bytes' },
          {
            name: '… / the plain row',
            value: rounded(bytes / row),
            unit: '×',
            ...(devices === GOAL_DEVICES && contender === contenders[0] && { goal: SIZE_GOAL }),
          },
        ]
      }),
    ]
  })
}
