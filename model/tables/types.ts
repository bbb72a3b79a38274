import { z } from 'zod'

/** Bounds of `tables.md`: strings in general, and names. */
export const MAX_TEXT_CHARS = 10_000
export const MAX_NAME_CHARS = 200
const MAX_SET_MEMBERS = 500

/** What a record is called: never blank. */
export const name = z.string().trim().min(1).max(MAX_NAME_CHARS)
/** Any other name, of a person, a place or a kind. */
export const label = z.string().max(MAX_NAME_CHARS)
export const text = z.string().max(MAX_TEXT_CHARS)
/** Date-time in UTC ending in `Z`; offsets such as `+02:00` are refused. */
export const dateTime = z.iso.datetime()
export const date = z.iso.date()
export const minutes = z.number().min(0).max(100_000)
export const count = z.number().int().min(0).max(1_000_000)
/** An amount of money, below zero for what comes in. */
export const amount = z.number().min(-1e12).max(1e12)
export const flag = z.boolean()
export const uuid = z.uuid()
/** A word or a number; teams use either. */
export const priority = z.union([label, z.number()])
/** A set is written as the list of its members; order carries no meaning. */
export const names = z.array(label).max(MAX_SET_MEMBERS)
export const rank = label
/** An object of any shape, such as what was filled into a form. Whoever validates bounds its depth and its texts. */
export const json = z.looseObject({})
/** Other keys are kept as they came. */
export const place = z.looseObject({
  name: label.nullish(),
  address: text.nullish(),
  phone: text.nullish(),
  wifi: text.nullish(),
  notes: text.nullish(),
})
