/** Coming into a team through the cloud, with nobody of it online: by an invitation, or by a recovery kit. */
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createRecord } from '../../model/merge/edit.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import type { Identity } from '../identity/identity.ts'
import { type CloudTarget, formatCloudLink } from '../identity/joinLink.ts'
import { JOIN_PATH } from '../identity/joinProtocol.ts'
import { type JoinError, refusalOf } from '../identity/joinTeam.ts'
import { ANNOUNCE, type Place, placeContent, readPlace, takePlace } from '../identity/place.ts'
import { type JsonReply, postJson, type RequestError } from '../identity/postJson.ts'
import { openRecoveryBox, recoveryName } from '../identity/recovery.ts'
import { boxName, openBox, sealBox } from '../identity/sealedBox.ts'
import type { SealingKeys } from '../identity/sealingKeys.ts'
import type { CloudJoin, CloudJoinError, JoinRequest } from '../rest/context.ts'
import { personOf } from './callers.ts'
import { INVITATIONS_PATH, knownCloud, RECOVERY_PATH, rememberCloud, rememberEnrolment } from './calls.ts'
import { noteTeamChange } from './formerTeams.ts'
import type { TeamClash } from './joining.ts'
import type { People } from './people.ts'

const PURPOSE = 'invitation'
const SECRET_BYTES = 32
const TIMEOUT_MS = 15_000

/** Leaves an invitation at the cloud. Its box has the key of the team, so it is for those who may read everything. */
export async function createCloudJoin(
  { role, weddings, expiresInSeconds }: JoinRequest,
  identity: Identity,
  state: StateStore,
  keys: SealingKeys,
): Promise<Result<CloudJoin, CloudJoinError>> {
  const cloud = await knownCloud(state)
  const { team } = identity
  const { privateKey } = team
  if (!cloud || privateKey === undefined) return err({ kind: 'no-cloud' })
  const grant = { role, weddings: weddings === 'all' ? weddings : [...weddings] }
  if (!mayServeAsHub(grant)) return err({ kind: 'reads-too-little' })
  const secret = randomBytes(SECRET_BYTES)
  const expiresAt = Date.now() + expiresInSeconds * 1_000
  const place = placeContent({ team: { ...team, privateKey }, grant }, await keys.laterKeys())
  const body = { name: boxName(secret, PURPOSE), box: sealBox(secret, PURPOSE, place), expiresAt }
  const reply = await postJson(new URL(INVITATIONS_PATH, cloud.url).href, body, {
    token: identity.token,
    timeoutMs: TIMEOUT_MS,
  })
  if (!reply.ok) return err({ kind: 'cloud-unreachable', detail: reply.error.kind })
  if (reply.value.status !== 200) return err({ kind: 'cloud-unreachable', detail: `status ${reply.value.status}` })
  const join = formatCloudLink({ url: cloud.url, secret: secret.toString('base64url'), team: team.id })
  return ok({ join, expiresAt: new Date(expiresAt).toISOString() })
}

/** Takes the place that an invitation gives. Without the link's secret, which the cloud never sees, its box opens to nobody. */
export async function joinThroughCloud(
  { url, secret, team }: CloudTarget,
  identity: Identity,
  state: StateStore,
): Promise<Result<Identity, JoinError>> {
  const key = Buffer.from(secret, 'base64url')
  const reply = await ask(url, JOIN_PATH, { name: boxName(key, PURPOSE) })
  if (!reply.ok) return reply
  const box = z.object({ box: z.string() }).safeParse(reply.value.body).data?.box
  const place = box === undefined ? undefined : readPlace(openBox(key, PURPOSE, box))
  if (place?.team.id !== team) return err({ kind: 'unexpected-reply', detail: 'the invitation does not open' })
  return ok(await settle(place, url, identity, state))
}

/** Brings a team back on a new device, from the words of its recovery kit and what the cloud has. */
export async function recoverTeam(
  { words, cloudUrl: url }: { readonly words: Uint8Array; readonly cloudUrl: string },
  identity: Identity,
  { changes, state }: SqliteStore,
): Promise<Result<Identity, JoinError | TeamClash>> {
  // Given again, as in a script that restarts, they change nothing.
  const usedWords = createHash('sha256').update(words).digest('hex')
  if ((await state.get('recovered-by')) === usedWords) return ok(identity)
  if ((await changes.scopes()).some((scope) => scope !== identity.team.id)) return err({ kind: 'team-clash' })
  const reply = await ask(url, RECOVERY_PATH, { name: recoveryName(words) })
  if (!reply.ok) return reply
  const found = z.object({ box: z.string(), grants: z.array(z.string()) }).safeParse(reply.value.body).data
  const place = found && openRecoveryBox(words, found.box, found.grants)
  if (!place) return err({ kind: 'unexpected-reply', detail: 'the recovery box does not open' })
  const member = await settle(place, url, identity, state)
  await state.set('recovered-by', usedWords)
  return ok(member)
}

async function ask(url: string, path: string, body: unknown): Promise<Result<JsonReply, JoinError>> {
  const reply = await postJson(new URL(path, url).href, body, { timeoutMs: TIMEOUT_MS })
  if (!reply.ok) return err({ kind: 'cloud-unreachable', url, detail: detailOf(reply.error) })
  return reply.value.status === 200 ? reply : err(refusalOf(reply.value))
}

function detailOf(error: RequestError): string {
  return 'detail' in error ? error.detail : error.kind
}

async function settle(place: Place, url: string, identity: Identity, state: StateStore): Promise<Identity> {
  await noteTeamChange(state, identity.team.id, place.team.id)
  const member = await takePlace(identity, place, state)
  await rememberCloud(state, url, undefined)
  await rememberEnrolment(state)
  return member
}

/** Tells the team of a device that nobody else has let in. */
export async function announceMember(
  identity: Identity,
  { changes, state, people }: { readonly changes: ChangeStore; readonly state: StateStore; readonly people: People },
): Promise<void> {
  if ((await state.get(ANNOUNCE)) !== true) return
  const { deviceId, userId, personName, deviceName, grant, team } = identity
  const data = { deviceId, userId, personName, deviceName, ...grant }
  const author = await people.author(personOf(identity))
  const record = createRecord({ id: crypto.randomUUID(), scope: team.id, table: 'members', data }, author)
  await changes.update([record.id], () => [{ record }])
  await state.set(ANNOUNCE, false)
}
