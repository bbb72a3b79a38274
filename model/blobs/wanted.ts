/** What the transfers of a replica work on: the blobs that its records name, and the word that a photo has arrived. */
import { type Author, editRecord } from '../merge/edit.ts'
import type { CausalRecord } from '../merge/record.ts'
import { viewRecord } from '../merge/view.ts'
import type { ChangeStore } from '../sync/changeStore.ts'
import type { BlobIndex, BlobRecord } from './blobIndex.ts'
import { awaitsUpload, mentionsOf } from './mentions.ts'
import type { WantedBlob } from './plan.ts'

const DAY_MS = 86_400_000
/** A wedding without a date is behind all others. */
const NO_DATE_DAYS = 100_000

/** Blobs of all records that are not deleted, or of some of them. */
export async function wantedBlobs(
  changes: ChangeStore,
  index: BlobIndex,
  nowMs: number,
  isMeant: (record: BlobRecord) => boolean = () => true,
): Promise<readonly WantedBlob[]> {
  const live = (await index.all()).filter((record) => record.deletedMs === undefined && isMeant(record))
  const weddings = await changes.records([...new Set(live.map(({ scope }) => scope))])
  const days = new Map([...weddings].map(([id, wedding]) => [id, daysUntil(wedding, nowMs)]))
  return live.flatMap(({ scope, mentions }) =>
    mentions.map((mention) => ({ ...mention, days: days.get(scope) ?? NO_DATE_DAYS })),
  )
}

function daysUntil(wedding: CausalRecord, nowMs: number): number {
  const { date } = viewRecord(wedding).data
  const dayMs = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(dayMs) ? NO_DATE_DAYS : Math.abs(dayMs - nowMs) / DAY_MS
}

/** Whether the record waits for the word that the peer has all its bytes, and one of these actors is the one to give it. */
export function isToReport(
  record: CausalRecord,
  own: ReadonlySet<string>,
  isHeld: (sha256: string) => boolean,
): boolean {
  const { deleted, created, data } = viewRecord(record)
  return (
    !deleted &&
    awaitsUpload(data.uploadState) &&
    own.has(created.actor) &&
    mentionsOf(record).every(({ sha256 }) => isHeld(sha256))
  )
}

/**
 * Says in the records that name these blobs that they are uploaded. Whoever added a photo says so: if everybody did who
 * sees it there, each photo would be edited by every device.
 * @param held everything that the peer is known to have
 */
export async function reportUploaded(
  hashes: readonly string[],
  held: ReadonlySet<string>,
  { changes, index, ownOf, author }: Reporting,
): Promise<void> {
  const ids = new Set((await Promise.all(hashes.map((sha256) => index.naming(sha256)))).flat())
  const named = [...(await changes.records([...ids])).values()]
  const own = await ownOf(named.map((record) => viewRecord(record).created.actor))
  const isDue = (record: CausalRecord): boolean => isToReport(record, own, (sha256) => held.has(sha256))
  const due = named.filter(isDue).map(({ id }) => id)
  if (due.length === 0) return
  const me = await author()
  await changes.update(due, (current) =>
    [...current.values()]
      .filter(isDue)
      .map((record) => ({ record: editRecord(record, { uploadState: 'uploaded' }, me) })),
  )
}

export interface Reporting {
  readonly changes: ChangeStore
  readonly index: BlobIndex
  /** Which of these actors are, or were, this person on this device: a device that was killed goes on as another one. */
  ownOf(actors: readonly string[]): Promise<ReadonlySet<string>>
  author(): Promise<Author>
}
