/** What `decodeRecord` takes, said once more as a schema: the oracle of its tests. Only the shape; not what refers to what. */
import { z } from 'zod'

const MAX_EDITS = 20_000
const MAX_ACTORS = 1_000
const MAX_COUNTER = 2 ** 48

const index = z.number().int().min(0).max(MAX_EDITS)
const counter = z.number().int().min(1).max(MAX_COUNTER)
const stamp = z.string().regex(/^[0-9a-z]{12}$/)
const eightBytes = z.string().length(11)

const extras = z.strictObject({
  ask: z.literal(true).optional(),
  op: z.string().max(64).optional(),
  dec: z.tuple([z.string().max(64), z.string().max(32)]).optional(),
})

const storedUnit = z.strictObject({
  v: z.array(z.number().int().min(0).max(MAX_COUNTER)).max(MAX_ACTORS),
  e: z
    .array(
      z.union([z.tuple([index, counter, stamp, eightBytes]), z.tuple([index, counter, stamp, eightBytes, extras])]),
    )
    .max(MAX_EDITS),
  r: z.record(z.string().min(1).max(500), z.array(z.unknown()).max(2 * MAX_EDITS)),
})

export const storedRecord = z.strictObject({
  id: z.uuid(),
  scope: z.uuid(),
  table: z.string().min(1).max(50),
  base: z.string().min(1).max(20),
  actors: z.array(eightBytes).max(MAX_ACTORS),
  units: z.record(z.string().min(1).max(20), storedUnit),
})

/** Whether everything that a record of this shape refers to is there, once: the rules that no schema tells. */
export function isConsistent({ actors, units }: z.infer<typeof storedRecord>): boolean {
  return (
    new Set(actors).size === actors.length &&
    Object.keys(units).length > 0 &&
    Object.values(units).every(({ v, e, r }) => {
      const registers = Object.values(r)
      const dots = e.map(([actor, n]) => `${actor} ${n}`)
      return (
        v.length <= actors.length &&
        e.every(([actor, n]) => actor < actors.length && n <= (v[actor] ?? 0)) &&
        new Set(dots).size === dots.length &&
        registers.length > 0 &&
        registers.length <= 5_000 &&
        registers.every((flat) => {
          const places = flat.filter((_, i) => i % 2 === 0)
          return (
            flat.length > 0 &&
            flat.length % 2 === 0 &&
            new Set(places).size === places.length &&
            places.every(
              (place) => typeof place === 'number' && Number.isInteger(place) && place >= 0 && place < e.length,
            )
          )
        })
      )
    })
  )
}
