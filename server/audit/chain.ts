/**
 * The chain that the entries form: each carries the hash of the one before, so that none can be changed, taken out, put in
 * or moved without every later hash being another. What the chain alone cannot show is that its *end* is missing, or that
 * somebody computed all of it anew: that takes its head, kept elsewhere and signed (`head.ts`).
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '../../model/canonicalJson.ts'
import { type AuditEntry, auditEntry } from './entry.ts'

/** The end of a chain. `seq` counts from 1; an empty chain has 0. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

export const NO_HEAD: Head = { seq: 0, hash: '0'.repeat(64) }

/** One entry as it is kept. */
export interface Link {
  readonly seq: number
  /** Canonical JSON: what the hash is over. */
  readonly entry: string
  readonly previousHash: string
  readonly hash: string
}

/** The entries as links of a chain that ends with `head`, in their order. */
export function linked(head: Head, entries: readonly AuditEntry[]): readonly Link[] {
  const links: Link[] = []
  for (const each of entries) {
    const { seq, hash: previousHash } = links.at(-1) ?? head
    const entry = canonicalJson(each)
    links.push({ seq: seq + 1, entry, previousHash, hash: hashOf(seq + 1, previousHash, entry) })
  }
  return links
}

function hashOf(seq: number, previousHash: string, entry: string): string {
  return createHash('sha256').update(`${seq}\n${previousHash}\n${entry}`).digest('hex')
}

/** What is wrong with a chain, and where. */
export interface ChainFault {
  readonly seq: number
  readonly what: string
}

const chainCut = z.object({ removedTo: z.number().int().min(1), hash: z.string() })
/** What an entry says of the beginning of its chain that was forgotten: the last entry of it. */
export type ChainCut = z.infer<typeof chainCut>

/** Checks links in the order of their `seq`, as the store gives them out. */
export async function verifyLinks(links: AsyncIterable<Link>): Promise<readonly ChainFault[]> {
  const faults: ChainFault[] = []
  const cuts: ChainCut[] = []
  let first: Head | undefined
  let last: Head | undefined
  for await (const link of links) {
    // Whether that is where it may begin shows further on.
    first ??= { seq: link.seq - 1, hash: link.previousHash }
    for (const what of linkFaults(link, last ?? first)) faults.push({ seq: link.seq, what })
    const cut = cutIn(link)
    if (cut) cuts.push(cut)
    last = { seq: link.seq, hash: link.hash }
  }
  const beginning = first && beginningFault(first, cuts)
  return beginning === undefined ? faults : [beginning, ...faults]
}

function beginningFault({ seq, hash }: Head, cuts: readonly ChainCut[]): ChainFault | undefined {
  if (seq === NO_HEAD.seq && hash === NO_HEAD.hash) return undefined
  if (cuts.some(({ removedTo, hash: of }) => removedTo === seq && of === hash)) return undefined
  if (seq === NO_HEAD.seq) return { seq: 1, what: 'it says that there was one before it' }
  return { seq: seq + 1, what: `${seq} entries are missing before it` }
}

function cutIn({ entry }: Link): ChainCut | undefined {
  const parsed = auditEntry.safeParse(parseJson(entry))
  if (!parsed.success || parsed.data.event !== 'audit' || parsed.data.phase !== 'done') return undefined
  return chainCut.safeParse(parsed.data.details).data
}

function* linkFaults({ seq, entry, previousHash, hash }: Link, last: Head): Generator<string> {
  if (seq !== last.seq + 1)
    yield seq === last.seq ? 'an entry stands twice' : `${seq - last.seq - 1} entries are missing before it`
  else if (previousHash !== last.hash)
    yield 'it does not follow the entry before it: one was put in, taken out or moved'
  if (hashOf(seq, previousHash, entry) !== hash) yield 'it was changed'
  const parsed = auditEntry.safeParse(parseJson(entry))
  if (!parsed.success) yield 'it cannot be read'
  else if (parsed.data.event === 'audit' && parsed.data.phase === 'failed') {
    yield `the chain did not fit its head when it was opened: ${String(parsed.data.details.reason)}`
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON: the schema refuses it
  }
}
