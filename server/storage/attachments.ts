import type { BulkWriteRow, CategorizeBulkWriteRowsOutput, RxAttachmentData, RxAttachmentWriteData } from 'rxdb'
import { attachmentTableOf } from './catalogue.ts'
import type { Database, Statement } from './open.ts'

/** Bytes of the attachments of one call, by the very objects that RxDB's helper hands back. */
export type AttachmentBytes = ReadonlyMap<RxAttachmentWriteData, Buffer>

type AttachmentChanges = Pick<
  CategorizeBulkWriteRowsOutput<unknown>,
  'attachmentsAdd' | 'attachmentsUpdate' | 'attachmentsRemove'
>

export function hasAttachmentBytes<RxDocType>(rows: readonly BulkWriteRow<RxDocType>[]): boolean {
  return rows.some(({ document }) => Object.values(document._attachments ?? {}).some(hasBytes))
}

/** Reads the Blobs of a call. Asynchronous by nature, so it has to be over before the transaction begins. */
export async function readAttachmentBytes<RxDocType>(
  rows: readonly BulkWriteRow<RxDocType>[],
  bytes: Map<RxAttachmentWriteData, Buffer>,
): Promise<void> {
  for (const { document } of rows) {
    for (const attachment of Object.values(document._attachments ?? {})) {
      if (hasBytes(attachment)) bytes.set(attachment, Buffer.from(await attachment.data.arrayBuffer()))
    }
  }
}

/** The attachments of one collection, next to its documents and removed with them. */
export class AttachmentTable {
  readonly #put: Statement<[string, string, string, string, Buffer]>
  readonly #remove: Statement<[string, string]>
  readonly #find: Statement<[string, string, string], { type: string; data: Buffer }>

  constructor(database: Database, tableName: string) {
    const name = attachmentTableOf(tableName)
    this.#put = database.prepare(
      `INSERT INTO ${name} (document_id, attachment_id, digest, type, data) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (document_id, attachment_id)
        DO UPDATE SET digest = excluded.digest, type = excluded.type, data = excluded.data`,
    )
    this.#remove = database.prepare(`DELETE FROM ${name} WHERE document_id = ? AND attachment_id = ?`)
    this.#find = database.prepare(
      `SELECT type, data FROM ${name} WHERE document_id = ? AND attachment_id = ? AND digest = ?`,
    )
  }

  /** Writes the changes of the accepted documents; call it in their transaction and after their rows. */
  write(changes: AttachmentChanges, bytes: AttachmentBytes, isAccepted: (documentId: string) => boolean): void {
    for (const { documentId, attachmentId, attachmentData, digest } of [
      ...changes.attachmentsAdd,
      ...changes.attachmentsUpdate,
    ]) {
      if (!isAccepted(documentId)) continue
      const data = bytes.get(attachmentData)
      if (data === undefined) throw new Error(`attachment ${attachmentId} of ${documentId} was not read`)
      this.#put.run(documentId, attachmentId, digest, attachmentData.type, data)
    }
    for (const { documentId, attachmentId } of changes.attachmentsRemove) {
      if (isAccepted(documentId)) this.#remove.run(documentId, attachmentId)
    }
  }

  /** @returns undefined when there is no such attachment or it has other contents by now */
  find(documentId: string, attachmentId: string, digest: string): Blob | undefined {
    const row = this.#find.get(documentId, attachmentId, digest)
    return row && new Blob([new Uint8Array(row.data)], { type: row.type })
  }
}

function hasBytes(attachment: RxAttachmentData | RxAttachmentWriteData): attachment is RxAttachmentWriteData {
  return 'data' in attachment && attachment.data !== undefined
}
