/** A photo or a document as the screen shows it. */
import { blobName } from '../../../model/blobs/blob.ts'
import { awaitsUpload } from '../../../model/blobs/mentions.ts'
import { number, words } from '../data/read.ts'
import type { Row } from '../data/row.ts'

export interface FileRow {
  readonly row: Row
  readonly id: string
  readonly name: string
  readonly mime: string
  readonly sizeBytes: number | undefined
  readonly original: string | undefined
  readonly preview: string | undefined
  readonly thumbnail: string | undefined
  /** Its bytes are not at the hub yet. */
  readonly isWaiting: boolean
  readonly isShared: boolean
}

/** @param hasHub where there is no hub to send to, nothing waits to be sent */
export function fileOf(row: Row, hasHub: boolean): FileRow {
  const { data } = row.view
  return {
    row,
    id: row.id,
    name: words(data.title) || words(data.filename) || 'Without a name',
    mime: words(data.mime),
    sizeBytes: number(data.sizeBytes),
    original: blobName.safeParse(data.sha256).data,
    preview: blobName.safeParse(data.previewSha256).data,
    thumbnail: blobName.safeParse(data.thumbnailSha256).data,
    isWaiting: hasHub && awaitsUpload(data.uploadState),
    isShared: data.shared === true,
  }
}

/** The newest first; those of one moment by name. */
export function byTime(rows: readonly FileRow[]): readonly FileRow[] {
  const timeOf = ({ row }: FileRow): string => words(row.view.data.takenAt)
  return [...rows].sort((a, b) => timeOf(b).localeCompare(timeOf(a)) || a.name.localeCompare(b.name))
}

const KILO = 1_000

/** `3.4 MB`, as file managers say it. */
export function sizeWords(bytes: number): string {
  if (bytes < KILO) return `${bytes} bytes`
  if (bytes < KILO * KILO) return `${Math.round(bytes / KILO)} kB`
  return `${(bytes / KILO / KILO).toFixed(1)} MB`
}
