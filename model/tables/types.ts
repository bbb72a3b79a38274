import { z } from 'zod'

/** Bounds of `tables.md`: strings in general, and names. */
export const MAX_TEXT_CHARS = 10_000
export const MAX_NAME_CHARS = 200
const MAX_SET_MEMBERS = 500

export const name = z.string().trim().min(1).max(MAX_NAME_CHARS)
export const label = z.string().max(MAX_NAME_CHARS)
export const text = z.string().max(MAX_TEXT_CHARS)
/** Date-time in UTC ending in `Z`; offsets such as `+02:00` are refused. */
export const dateTime = z.iso.datetime()
export const date = z.iso.date()
export const minutes = z.number().min(0).max(100_000)
export const count = z.number().int().min(0).max(1_000_000)
export const flag = z.boolean()
export const uuid = z.uuid()
/** A set is written as the list of its members; order carries no meaning. */
export const names = z.array(label).max(MAX_SET_MEMBERS)
export const rank = label
export const place = z.looseObject({})
