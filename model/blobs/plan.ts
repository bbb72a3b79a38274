/** What is to be moved, and in which order. */
import { BLOB_KINDS, type BlobKind } from './blob.ts'

/** A blob that a record here names. */
export interface WantedBlob {
  readonly sha256: string
  readonly kind: BlobKind
  /** Days between now and the day of its wedding, before or after. */
  readonly days: number
}

export interface Move {
  readonly blob: WantedBlob
  readonly direction: 'send' | 'fetch'
}

export type PeerState = 'present' | 'missing'

/**
 * What one side has and the other lacks: thumbnails first, then previews, then originals; among them the weddings that
 * are near. Sending goes before fetching, since what is here alone is what can be lost.
 * @param peer what the peer has said of each hash; one that it has not spoken of stays where it is
 */
export function planMoves(
  wanted: readonly WantedBlob[],
  isHere: (sha256: string) => boolean,
  peer: (sha256: string) => PeerState | undefined,
): readonly Move[] {
  const moves = firstOfEach(wanted).flatMap((blob): readonly Move[] => {
    const here = isHere(blob.sha256)
    const there = peer(blob.sha256)
    if (here && there === 'missing') return [{ blob, direction: 'send' }]
    return !here && there === 'present' ? [{ blob, direction: 'fetch' }] : []
  })
  return moves.sort(
    (a, b) => compareUrgency(a.blob, b.blob) || Number(a.direction === 'fetch') - Number(b.direction === 'fetch'),
  )
}

/** Each blob once, as its most urgent mention has it. */
function firstOfEach(wanted: readonly WantedBlob[]): readonly WantedBlob[] {
  const urgent = new Map<string, WantedBlob>()
  for (const blob of wanted) {
    const known = urgent.get(blob.sha256)
    if (!known || compareUrgency(blob, known) < 0) urgent.set(blob.sha256, blob)
  }
  return [...urgent.values()]
}

function compareUrgency(a: WantedBlob, b: WantedBlob): number {
  return BLOB_KINDS.indexOf(a.kind) - BLOB_KINDS.indexOf(b.kind) || a.days - b.days
}
