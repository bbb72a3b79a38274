/** The merge core in memory, one core, on a record of twelve fields. */
import { createClock } from '../../model/merge/clock.ts'
import { decodeStored, encodeRecord } from '../../model/merge/codec.ts'
import { unitHash } from '../../model/merge/digest.ts'
import { createRecord, editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { median, rounded } from './median.ts'
import type { Figure } from './run.ts'

const ROUNDS = 5
const RUNS = 20_000

const clock = createClock(Date.now)
const author = (n: number) => ({ actor: `actor-${n}`.padEnd(11, '0'), stamp: clock.next() })

const DATA = {
  title: 'Ceremony in the orchard',
  startTime: '2027-06-12T14:00:00.000Z',
  endTime: '2027-06-12T14:45:00.000Z',
  durationMin: 45,
  location: 'Orchard, under the old pear tree',
  status: 'confirmed',
  category: 'ceremony',
  priority: 'critical',
  section: 'Ceremony',
  rank: '00k',
  fixed: true,
  originalTime: '3pm',
}

export async function merge(): Promise<readonly Figure[]> {
  const id = crypto.randomUUID()
  const base = createRecord({ id, scope: crypto.randomUUID(), table: 'timeline_items', data: DATA }, author(0))
  const left = editRecord(base, { title: 'Ceremony' }, author(1))
  const right = editRecord(base, { startTime: '2027-06-12T14:20:00.000Z' }, author(2))
  const clash = editRecord(base, { title: 'Blessing' }, author(3))
  let five = base
  for (let n = 1; n <= 5; n++) five = editRecord(five, { [Object.keys(DATA)[n] ?? '']: `edited by ${n}` }, author(n))
  const stored = encodeRecord(five)
  const openUnit = five.units.get('open')
  if (!openUnit) throw new Error('the record has an open unit')
  return [
    perSecond('join, same on both sides', () => join(base, base)),
    perSecond('join, one side newer', () => join(base, left)),
    perSecond('join, two sides edited different fields', () => join(left, right)),
    perSecond('join, two sides edited the same field', () => join(left, clash)),
    perSecond('view', () => viewRecord(five)),
    perSecond('encode', () => encodeRecord(five)),
    perSecond('decode', () => decodeStored(stored)),
    perSecond('digest of a unit', () => unitHash(id, 'open', openUnit)),
    {
      name: 'stored record edited by 5 devices / its plain JSON',
      value: rounded(JSON.stringify(stored).length / JSON.stringify({ id, ...viewRecord(five).data }).length),
      unit: '×',
    },
  ]
}

function join(a: CausalRecord, b: CausalRecord): void {
  if (!joinRecords(a, b).ok) throw new Error('the records do not join')
}

function perSecond(name: string, run: () => unknown): Figure {
  const rates = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    for (let i = 0; i < RUNS; i++) run()
    return RUNS / ((performance.now() - start) / 1_000)
  })
  return { name, value: Math.round(median(rates)), unit: '/s' }
}
