/** What a page may ask of a storage that another program or tab holds for it, by RxDB's remote storage. */
import type { MessageToRemote } from 'rxdb/plugins/storage-remote'
import { z } from 'zod'

/**
 * `remove` and `cleanup` would take records from the whole team, and a name that is no method of a storage must not reach the
 * object that has them.
 */
const METHODS = [
  'create',
  'bulkWrite',
  'findDocumentsById',
  'query',
  'count',
  'getAttachmentData',
  'getChangedDocumentsSince',
  'close',
] as const

const messageToRemote = z.looseObject({
  connectionId: z.string(),
  requestId: z.string(),
  method: z.enum(METHODS),
})

/** @returns `undefined` for what is not a message of the remote storage, or asks for what no page may */
export function parseToRemote(text: string): MessageToRemote | undefined {
  try {
    const message = messageToRemote.safeParse(JSON.parse(text))
    // The envelope is checked here. A call with wrong parameters throws in the storage, which is answered as an error, and
    // a document that is no record is refused by the hook that notes its history.
    return message.success ? (message.data as unknown as MessageToRemote) : undefined
  } catch {
    return undefined // not JSON
  }
}

const writes = z.tuple([z.array(z.object({ previous: z.unknown().optional(), document: z.unknown() }))], z.unknown())
const counted = z.object({
  actors: z.array(z.string()),
  units: z.record(z.string(), z.object({ v: z.array(z.number()) })),
})

/** Whether this writes a document that counts more edits of one of these actors than the one that it replaces. */
export function writesUnder({ method, params }: MessageToRemote, isOneOf: (actor: string) => boolean): boolean {
  if (method !== 'bulkWrite') return false
  const rows = writes.safeParse(params).data?.[0] ?? []
  return rows.some(({ previous, document }) => {
    const after = counted.safeParse(document).data
    if (!after?.actors.some(isOneOf)) return false
    const before = counted.safeParse(previous).data
    return Object.entries(after.units).some(([readClass, { v }]) =>
      v.some((count, i) => {
        const actor = after.actors[i] ?? ''
        const known = before?.units[readClass]?.v[before.actors.indexOf(actor)] ?? 0
        return isOneOf(actor) && count > known
      }),
    )
  })
}
