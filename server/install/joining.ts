/** Becoming part of somebody else's team by a link, once. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { proveWrappingKey } from '../identity/deviceProof.ts'
import { adoptTeam, type Identity, saveIdentity } from '../identity/identity.ts'
import { type LinkError, parseCloudLink, parseJoinLink } from '../identity/joinLink.ts'
import { type JoinError, type JoinOptions, joinTeam } from '../identity/joinTeam.ts'
import { loadWrappingKeys } from '../identity/ownKeys.ts'
import { rememberHub } from './calls.ts'
import { noteTeamChange } from './formerTeams.ts'
import { joinThroughCloud } from './throughCloud.ts'

/** This install already holds weddings of another team, which must not be mixed with those of the link. */
export interface TeamClash {
  readonly kind: 'team-clash'
}

/** Hashes of the secrets that let this device in, ever; at first there was but one. */
const usedLinks = z.union([z.array(z.string()), z.string().transform((only) => [only])]).default([])
const JOINED_BY = 'joined-by'

/**
 * Joins the team of the link, and remembers its hub. A link that let this device in once changes nothing when it is given
 * again, as in a script that restarts, also after the device has joined by another one.
 */
export async function joinByLink(
  text: string,
  identity: Identity,
  { state, changes }: SqliteStore,
  options: JoinOptions = {},
): Promise<Result<Identity, JoinError | LinkError | TeamClash>> {
  const cloudLink = parseCloudLink(text)
  const link = cloudLink ?? parseJoinLink(text)
  if (!link.ok) return link
  const { secret, team } = link.value
  const usedLink = createHash('sha256').update(secret).digest('hex')
  const used = usedLinks.parse((await state.get(JOINED_BY)) ?? undefined)
  if (used.includes(usedLink)) return ok(identity)
  const weddings = (await changes.scopes()).filter((scope) => scope !== identity.team.id)
  if (weddings.length > 0 && team !== identity.team.id) return err({ kind: 'team-clash' })
  const joined = cloudLink?.ok
    ? await joinThroughCloud(cloudLink.value, identity, state)
    : await joinAtHub(text, identity, state, options)
  if (joined.ok) await state.set(JOINED_BY, [...used, usedLink])
  return joined
}

async function joinAtHub(
  text: string,
  identity: Identity,
  state: StateStore,
  options: JoinOptions,
): Promise<Result<Identity, JoinError | LinkError>> {
  const link = parseJoinLink(text)
  if (!link.ok) return link
  const { publicKey } = await loadWrappingKeys(state)
  const own = { ...identity, wrappingKey: publicKey, wrappingProof: proveWrappingKey(identity, publicKey) }
  const reply = await joinTeam(link.value, own, options)
  if (!reply.ok) return reply
  const member = adoptTeam(identity, reply.value)
  await noteTeamChange(state, identity.team.id, member.team.id)
  await saveIdentity(state, member)
  const { url, fingerprint } = link.value
  await rememberHub(state, { url, fingerprint, name: reply.value.hub.name })
  return ok(member)
}
