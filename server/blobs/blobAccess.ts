/** Who may read or bring a blob: whoever may read or write a record that names it. */

import type { BlobKind } from '../../model/blobs/blob.ts'
import type { BlobIndex } from '../../model/blobs/blobIndex.ts'
import { BLOB_FIELDS, mentionsOf } from '../../model/blobs/mentions.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { Caller, ServerContext } from '../rest/context.ts'
import { readablePart, weddingsFor } from '../rest/reading.ts'
import { mayWriteHere, mayWriteNew, sightOf } from '../rest/sight.ts'

/** A record that the caller may read and that names the blob. */
export interface BlobAccess {
  readonly kind: BlobKind
  readonly mayWrite: boolean
  readonly mime: unknown
  readonly filename: unknown
}

export type BlobAccessOf = (caller: Caller, sha256: string) => Promise<BlobAccess | undefined>

/** Of several records, one that may be written goes first. */
export function blobAccess(context: ServerContext, index: BlobIndex): BlobAccessOf {
  const { changes } = context.stores
  return async (caller, sha256) => {
    const ids = await index.naming(sha256)
    if (ids.length === 0) return undefined
    const weddings = new Set(await weddingsFor(context, caller))
    const sight = await sightOf(context, caller)
    let found: BlobAccess | undefined
    for (const record of (await changes.records(ids)).values()) {
      const part = weddings.has(record.scope) ? readablePart(record, sight.view) : undefined
      const mention = part && mentionsOf(part).find((candidate) => candidate.sha256 === sha256)
      if (!part || !mention) continue
      const { deleted, data } = viewRecord(part)
      if (deleted) continue
      const may = mayWriteHere(sight, record, fieldsOf(mention.kind))
      if (!found || (may && !found.mayWrite)) {
        found = { kind: mention.kind, mayWrite: may, mime: data.mime, filename: data.filename }
      }
    }
    return found
  }
}

/** Whether the caller could write a record with bytes there, for bytes that come before their record. */
export async function mayBring(
  context: ServerContext,
  caller: Caller,
  { wedding, table }: { readonly wedding: string; readonly table: string },
): Promise<boolean> {
  const sight = await sightOf(context, caller)
  return mayWriteNew(sight, table, []) && (await weddingsFor(context, caller)).includes(wedding)
}

function fieldsOf(kind: BlobKind): readonly string[] {
  return Object.keys(BLOB_FIELDS).filter((field) => BLOB_FIELDS[field] === kind)
}
