/**
 * A change file: sealed records of one team in a file, from one install to another where there is no network at all.
 *
 *     <header: signed with the team's key>      who wrote it, and the SHA-256 of all that follows
 *     <record in stored form, sealed>           one a line
 *
 * Only installs that hold the team's key write one, as only they may pass on what others have written. Read twice, it changes
 * nothing the second time; what it leaves out, or brings late, is no harm, since records are joined.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { stampMs } from '../../model/merge/clock.ts'
import { encodeRecord } from '../../model/merge/codec.ts'
import { latestStamp } from '../../model/merge/view.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { type InboxOptions, receiveChanges } from '../../model/sync/inbox.ts'
import { TRUSTED } from '../../model/sync/rules.ts'
import { MAX_CHANGES } from '../../model/wire/changes.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { claimOf, readStatement, signStatement } from '../identity/signed.ts'
import { CHANGE_FILE_KIND } from './changeFileKind.ts'
import type { InstallParts } from './context.ts'

const MAX_LINE_CHARS = 2_000_000

const headerSchema = z.object({
  team: z.uuid(),
  /** Epoch of the store that wrote it. */
  epoch: z.string().length(11),
  sha256: z.string(),
})

export interface FileParts extends Pick<InstallParts, 'identity' | 'keys'> {
  readonly store: Pick<SqliteStore, 'changes' | 'state'>
}

export interface ChangeFileOptions {
  /** Records that were edited since then, ms since 1970 UTC, by the clocks of their authors; absent: all. */
  readonly sinceMs?: number
  readonly wedding?: string
}

/** @returns `undefined` on a device that does not hold the team's key */
export async function writeChangeFile(
  { identity: { team }, store: { changes }, keys }: FileParts,
  { sinceMs, wedding }: ChangeFileOptions,
): Promise<{ readonly text: string; readonly records: number } | undefined> {
  if (team.privateKey === undefined) return undefined
  const border = keys.border()
  const lines: string[] = []
  const scopes = wedding === undefined ? await changes.scopes() : [team.id, wedding]
  for (const scope of [...new Set(scopes)]) {
    for (const record of await changes.inScope(scope)) {
      const stamp = latestStamp(record)
      if (sinceMs !== undefined && (stamp === undefined || stampMs(stamp) < sinceMs)) continue
      lines.push(JSON.stringify(encodeRecord(await border.outgoing(record))))
    }
  }
  const header = signStatement(
    CHANGE_FILE_KIND,
    { team: team.id, epoch: changes.epoch, sha256: hashOf(lines) },
    team.privateKey,
  )
  return { text: `${[header, ...lines].join('\n')}\n`, records: lines.length }
}

export interface ChangeFileReport {
  readonly records: number
  /** Records that were set aside, with the reason. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
}

export type ChangeFileError = { readonly kind: 'not-a-change-file' | 'other-team' | 'changed-since' }

/** Nothing of a file is taken that another team wrote, or that was changed since. */
export async function readChangeFile(
  text: string,
  { identity: { team }, store: { changes, state }, keys }: FileParts,
): Promise<Result<ChangeFileReport, ChangeFileError>> {
  const [head = '', ...lines] = text.split('\n').filter((line) => line !== '')
  const claim = headerSchema.safeParse(claimOf(CHANGE_FILE_KIND, head))
  if (!claim.success) return err({ kind: 'not-a-change-file' })
  if (claim.data.team !== team.id) return err({ kind: 'other-team' })
  const header = readStatement(CHANGE_FILE_KIND, head, headerSchema, team.publicKey)
  if (!header.ok || header.value.sha256 !== hashOf(lines)) return err({ kind: 'changed-since' })
  const inbox: InboxOptions = { changes, state, rules: TRUSTED, peerEpoch: header.value.epoch, border: keys.border() }
  const refused: ChangeFileReport['refused'][number][] = []
  for (const [scope, records] of byScope(lines)) {
    for (let i = 0; i < records.length; i += MAX_CHANGES) {
      const batch = records.slice(i, i + MAX_CHANGES)
      const outcome = await receiveChanges({ type: 'changes', scope, seq: 0, remaining: 0, records: batch }, inbox)
      refused.push(...outcome.refused)
    }
  }
  return ok({ records: lines.length, refused })
}

function byScope(lines: readonly string[]): ReadonlyMap<string, unknown[]> {
  const scopes = new Map<string, unknown[]>()
  for (const line of lines) {
    const raw: unknown = line.length > MAX_LINE_CHARS ? undefined : JSON.parse(line)
    const scope = z.object({ scope: z.uuid() }).safeParse(raw).data?.scope ?? ''
    scopes.set(scope, [...(scopes.get(scope) ?? []), raw])
  }
  return scopes
}

function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('base64url')
}
