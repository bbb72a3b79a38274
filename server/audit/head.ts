/**
 * The heads of an install's chains, kept beside its database and signed with its key: what shows that the end of a chain
 * was cut off, or that a whole chain was computed anew. Written soon after each entry and at the end, not with each entry:
 * what is younger than {@link LAG_MS} may be cut off unnoticed. Whoever has the folder *and* its keys can sign anything.
 */
import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { canonicalJson } from '../../model/canonicalJson.ts'
import { isMissing, writeWhole } from '../identity/wholeFile.ts'
import type { Head } from './chain.ts'
import type { AuditLog } from './log.ts'

const LAG_MS = 1_000
const FILE = 'audit-head.json'

/** The key pair of the install, as its certificate has it. */
export interface Signer {
  readonly certPem: string
  readonly keyPem: string
}

const stored = z.object({
  heads: z.record(z.string(), z.object({ seq: z.number().int().min(1), hash: z.string().length(64) })),
  signature: z.string(),
})

export type KeptHeads =
  | { readonly kind: 'none' }
  | { readonly kind: 'heads'; readonly heads: ReadonlyMap<string, Head> }
  | { readonly kind: 'unreadable' | 'forged' }

export function readHeads(folder: string, { certPem }: Signer): KeptHeads {
  const text = readIfThere(join(folder, FILE))
  if (text === undefined) return { kind: 'none' }
  const parsed = stored.safeParse(parseJson(text))
  if (!parsed.success) return { kind: 'unreadable' }
  const { heads, signature } = parsed.data
  const { publicKey } = new X509Certificate(certPem)
  const isOwn = verify('sha256', Buffer.from(canonicalJson(heads)), publicKey, Buffer.from(signature, 'base64url'))
  return isOwn ? { kind: 'heads', heads: new Map(Object.entries(heads)) } : { kind: 'forged' }
}

export function writeHeads(folder: string, { keyPem }: Signer, heads: ReadonlyMap<string, Head>): void {
  const entries = Object.fromEntries(heads)
  const signature = sign('sha256', Buffer.from(canonicalJson(entries)), createPrivateKey(keyPem)).toString('base64url')
  writeWhole(join(folder, FILE), JSON.stringify({ heads: entries, signature } satisfies z.infer<typeof stored>))
}

/** Why the chains do not fit the heads that were kept of them; empty if they do. */
export async function headFaults(log: AuditLog, kept: KeptHeads): Promise<readonly string[]> {
  switch (kept.kind) {
    case 'none':
      return (await log.chains()).length === 0 ? [] : [`${FILE} is missing`]
    case 'unreadable':
      return [`${FILE} cannot be read`]
    case 'forged':
      return [`${FILE} was not signed by this install`]
    case 'heads': {
      const faults: string[] = []
      for (const [chain, head] of kept.heads) {
        const fault = await headFault(log, chain, head)
        if (fault !== undefined) faults.push(fault)
      }
      return faults
    }
  }
}

async function headFault(log: AuditLog, chain: string, kept: Head): Promise<string | undefined> {
  const { seq } = await log.head(chain)
  if (seq < kept.seq) return `${kept.seq - seq} entries are missing at the end of chain ${chain}`
  for await (const link of log.links(chain)) {
    if (link.seq < kept.seq) continue
    return link.hash === kept.hash ? undefined : `chain ${chain} is not the one that was signed`
  }
  return `${kept.seq} entries are missing at the end of chain ${chain}`
}

export interface HeadKeeper {
  readonly log: AuditLog
  /** Writes the heads a last time. */
  close(): Promise<void>
}

/** The log, with its heads kept up to date in the folder. */
export function keepHeads(
  log: AuditLog,
  folder: string,
  signer: Signer,
  onProblem: (problem: unknown) => void,
): HeadKeeper {
  let timer: NodeJS.Timeout | undefined
  const touched = new Set<string>()
  const heads = new Map<string, Head>()
  const kept = readHeads(folder, signer)
  if (kept.kind === 'heads') for (const [chain, head] of kept.heads) heads.set(chain, head)

  async function save(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (touched.size === 0) return
    for (const chain of touched) heads.set(chain, await log.head(chain))
    touched.clear()
    writeHeads(folder, signer, heads)
  }

  function saveSoon(chain: string): void {
    touched.add(chain)
    timer ??= setTimeout(() => void save().catch(onProblem), LAG_MS).unref()
  }

  return {
    log: {
      ...log,
      async append(chain, entry) {
        await log.append(chain, entry)
        if (heads.has(chain)) return saveSoon(chain)
        // Not a second later: a chain without a head looks like one whose head was taken away.
        touched.add(chain)
        return save()
      },
      inCommit(chain, entry) {
        const write = heads.has(chain) ? log.inCommit?.(chain, entry) : undefined
        return (
          write &&
          (() => {
            write()
            saveSoon(chain)
          })
        )
      },
    },
    close: save,
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: unreadable
  }
}
