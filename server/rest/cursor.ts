/** The `cursor` of `serverChanges`: a place in the change log of every scope, so that no clock can make a client miss one. */
import { z } from 'zod'
import { STAMP_PATTERN } from '../../model/merge/clock.ts'
import { invalid } from './errors.ts'

export interface Cursor {
  /** Scope → `seq` up to which the client has everything. A scope that is not named is read from its first change. */
  readonly seqs: ReadonlyMap<string, number>
  /** While a client that came with a time is paged through what changed since: stamp and id of the last row it got. */
  readonly after?: readonly [stamp: string, id: string]
}

const wire = z.object({
  e: z.string(),
  s: z.record(z.string(), z.number().int().min(0)),
  t: z.tuple([z.string().regex(STAMP_PATTERN), z.string()]).optional(),
})

export function encodeCursor({ seqs, after }: Cursor, epoch: string): string {
  const value: z.infer<typeof wire> = { e: epoch, s: Object.fromEntries(seqs), ...(after && { t: [...after] }) }
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/**
 * Throws 400 for what is no cursor. One of another epoch, whose numbers mean nothing here, stands for "from the start".
 */
export function decodeCursor(text: string, epoch: string): Cursor {
  const parsed = wire.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')))
  if (!parsed.success) throw invalid(['cursor: Not a cursor of this server'])
  const { e, s, t } = parsed.data
  if (e !== epoch) return { seqs: new Map() }
  return { seqs: new Map(Object.entries(s)), ...(t && { after: t }) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: the schema refuses it
  }
}
