/** Which blobs a record speaks of. */
import { type CausalRecord, liveValues } from '../merge/record.ts'
import { type BlobKind, blobName } from './blob.ts'

/** Tables whose records have bytes. */
export const BLOB_TABLES = ['photos', 'documents'] as const
export type BlobTable = (typeof BLOB_TABLES)[number]

/** The fields that name a blob. */
export const BLOB_FIELDS: Readonly<Record<string, BlobKind>> = {
  thumbnailSha256: 'thumbnail',
  previewSha256: 'preview',
  sha256: 'original',
}

export interface Mention {
  readonly sha256: string
  readonly kind: BlobKind
}

function isBlobTable(table: string): table is BlobTable {
  return BLOB_TABLES.some((known) => known === table)
}

/**
 * Every blob that a live value of the record names. Siblings count: until somebody decides, the bytes of both are wanted.
 * A deleted record still names what it named.
 */
export function mentionsOf(record: CausalRecord): readonly Mention[] {
  if (!isBlobTable(record.table)) return []
  const mentions = new Map<string, Mention>()
  for (const { register, value } of liveValues(record)) {
    const mention = mentionIn(register, value)
    if (mention) mentions.set(`${mention.kind} ${mention.sha256}`, mention)
  }
  return [...mentions.values()]
}

/** What one value of one register of such a table names, live or superseded. */
export function mentionIn(register: string, value: unknown): Mention | undefined {
  if (!Object.hasOwn(BLOB_FIELDS, register)) return undefined
  const kind = BLOB_FIELDS[register]
  const name = blobName.safeParse(value)
  return kind && name.success ? { sha256: name.data, kind } : undefined
}

/** Whether the record still waits for the word that its bytes are where the others fetch them. */
export function awaitsUpload(uploadState: unknown): boolean {
  return uploadState === 'pending' || uploadState === 'uploading' || uploadState === 'failed'
}
