/** Who an install is when it starts: who it was, or somebody new, or whoever a link or a recovery kit makes of it. */
import { hostname, userInfo } from 'node:os'
import { ok, type Result } from '../../model/result.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { createIdentity, type Identity, loadIdentity, renewOwnToken, saveIdentity } from '../identity/identity.ts'
import type { LinkError } from '../identity/joinLink.ts'
import type { JoinError } from '../identity/joinTeam.ts'
import { kitKeys, newKit } from '../identity/recovery.ts'
import { withoutFormerTeams } from './formerTeams.ts'
import type { InstallOptions } from './install.ts'
import { joinByLink, type TeamClash } from './joining.ts'
import { recoverTeam } from './throughCloud.ts'

export async function identityAtStart(
  stored: SqliteStore,
  options: InstallOptions,
): Promise<Result<Identity, JoinError | LinkError | TeamClash>> {
  let identity = await ownIdentity(stored, options)
  const { join, recover, onWaiting } = options
  if (join !== undefined) {
    const store = withoutFormerTeams(stored, identity.team.id)
    const joined = await joinByLink(join, identity, store, { ...(onWaiting && { onWaiting }) })
    if (!joined.ok) return joined
    identity = joined.value
  }
  if (recover) {
    const recovered = await recoverTeam(recover, identity, withoutFormerTeams(stored, identity.team.id))
    if (!recovered.ok) return recovered
    identity = recovered.value
  }
  return ok(identity)
}

async function ownIdentity({ state }: SqliteStore, options: InstallOptions): Promise<Identity> {
  const nowMs = Date.now()
  const known = await loadIdentity(state)
  const identity = known
    ? renewOwnToken(known, nowMs)
    : await createIdentity({
        deviceName: options.deviceName ?? (hostname() || 'this computer'),
        personName: options.personName ?? (userInfo().username || 'owner'),
        nowMs,
        recoveryKey: kitKeys(await newKit(state)).publicKey,
      })
  await saveIdentity(state, identity)
  return identity
}
