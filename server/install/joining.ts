/** Becoming part of somebody else's team by a link, once. */
import { createHash } from 'node:crypto'
import { err, ok, type Result } from '../../model/result.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { adoptTeam, type Identity, saveIdentity } from '../identity/identity.ts'
import { type LinkError, parseJoinLink } from '../identity/joinLink.ts'
import { type JoinError, joinTeam } from '../identity/joinTeam.ts'
import { loadOwnKeys } from '../identity/ownKeys.ts'
import { rememberHub } from './calls.ts'

/** This install already holds weddings of another team, which must not be mixed with those of the link. */
export interface TeamClash {
  readonly kind: 'team-clash'
}

/**
 * Joins the team of the link, and remembers its hub. The same link given again, as in a script that restarts, changes
 * nothing.
 */
export async function joinByLink(
  text: string,
  identity: Identity,
  { state, changes }: SqliteStore,
): Promise<Result<Identity, JoinError | LinkError | TeamClash>> {
  const link = parseJoinLink(text)
  if (!link.ok) return link
  const { url, fingerprint, secret, team } = link.value
  const usedLink = createHash('sha256').update(secret).digest('hex')
  if ((await state.get('joined-by')) === usedLink) return ok(identity)
  const weddings = (await changes.scopes()).filter((scope) => scope !== identity.team.id)
  if (weddings.length > 0 && team !== identity.team.id) return err({ kind: 'team-clash' })
  const [{ publicKey }] = await loadOwnKeys(state, identity.deviceId)
  const reply = await joinTeam(link.value, { ...identity, wrappingKey: publicKey })
  if (!reply.ok) return reply
  const member = adoptTeam(identity, reply.value)
  await saveIdentity(state, member)
  await rememberHub(state, { url, fingerprint, name: reply.value.hub.name })
  await state.set('joined-by', usedLink)
  return ok(member)
}
