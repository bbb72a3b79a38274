/**
 * A tablet's own replica: RxDB over Dexie in this browser, and the same sync engine as everywhere, calling the hub that
 * gave the page. It goes on working when the hub is gone.
 */
import type { RxCollection } from 'rxdb'
import { BehaviorSubject } from 'rxjs'
import { v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { toBase64Url } from '../../../model/bytes.ts'
import type { ClientError } from '../../../model/client/client.ts'
import { ACTOR_RECORDS } from '../../../model/database/actorRecords.ts'
import type { RecordDocument } from '../../../model/database/recordSchema.ts'
import { openSequencedStore } from '../../../model/database/sequencedStore.ts'
import { askUntilAnswered, commitmentTo, invitationId, NONCE_BYTES } from '../../../model/identity/joinCode.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { type Author, createRecord } from '../../../model/merge/edit.ts'
import { ok, type Result } from '../../../model/result.ts'
import type { ChangeStore, StateStore } from '../../../model/sync/changeStore.ts'
import { draftNotice } from '../../../model/sync/drafts.ts'
import { trustOf } from '../../../model/sync/ownTrust.ts'
import { quarantined } from '../../../model/sync/quarantine.ts'
import { createReplicaSync, type ReplicaSync } from '../../../model/sync/replicaSync.ts'
import { openTabletFiles } from '../photos/tabletFiles.ts'
import { tabletPresence } from '../presence/tabletPresence.ts'
import { membership, pageApi } from './api.ts'
import { browserScheduler, hubPlace } from './browserTransport.ts'
import type { OpenOutcome, ReplicaStatus } from './replica.ts'
import { askForRoom, roomNotice } from './room.ts'
import { stateStore } from './stateCollection.ts'
import { openTabletDatabase, TABLET_DATABASE } from './tabletDatabase.ts'
import { tabletDrafts } from './tabletDrafts.ts'

const STATUS_PAUSE_MS = 200
/** How often somebody who waits to be let in asks again. */
const ASK_EVERY_MS = 1_000

const saved = membership.extend({
  personName: z.string(),
  deviceName: z.string(),
  /** Of the hub, as the link named it. */
  fingerprint: z.string().optional(),
})
type Membership = z.infer<typeof saved>

interface Stores {
  readonly records: RxCollection<RecordDocument>
  readonly state: StateStore
}

/** A tablet that comes back: the team is known from joining. */
export async function openTablet(): Promise<OpenOutcome> {
  if (!(await holdTab())) return SECOND_TAB
  const stores = await openStores()
  const known = saved.optional().parse(await stores.state.get('membership'))
  return known ? start(stores, known) : NOT_INVITED
}

interface Invitation {
  readonly secret: string
  readonly fingerprint: string
}

/**
 * A tablet that was invited. One that has joined before keeps its place and does not use up the invitation, unless its place
 * is no longer good.
 */
export async function invitedTablet(invitation: Invitation): Promise<OpenOutcome> {
  if (!(await holdTab())) return SECOND_TAB
  const stores = await openStores()
  const known = saved.optional().parse(await stores.state.get('membership'))
  if (known && !(await isOut(known))) return start(stores, known)
  return { kind: 'needs-name', join: (name, onWaiting) => join(stores, invitation, name, onWaiting) }
}

/** Whether the hub says that this place is no longer good. One that does not answer says nothing. */
async function isOut({ token }: Membership): Promise<boolean> {
  const answer = await pageApi(token).devices()
  return !answer.ok && answer.error.kind === 'refused' && OUT.has(answer.error.status)
}

/** Unauthenticated: the token has run out; forbidden: the device was shut out. */
const OUT: ReadonlySet<number> = new Set([401, 403])

/** Set once the hub has said that this place is no longer good, until another is taken. */
const SHUT_OUT = 'shutOut'
/** Set once the hub has said that the team has another key by now. */
const KEY_REPLACED = 'keyReplaced'

type Joined = Result<z.infer<typeof membership>, ClientError>

async function join(
  stores: Stores,
  { secret, fingerprint }: Invitation,
  personName: string,
  onWaiting: (code: string) => void,
): Promise<OpenOutcome> {
  const deviceName = describeDevice(navigator.userAgent)
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
  const reply = await askUntilAnswered<Joined>({
    nonce,
    about: {
      hub: fingerprint.replace(/^sha256:/, ''),
      applicant: commitmentTo(nonce),
      invitation: invitationId(secret),
    },
    async send(ask) {
      const answer = await pageApi().join({ body: { kind: 'browser', secret, personName, deviceName, ask } })
      if (!answer.ok) return { kind: 'final', value: answer }
      const { value } = answer
      return 'state' in value ? { kind: 'pending', pending: value } : { kind: 'final', value: ok(value) }
    },
    onWaiting,
    pause: async () => {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
      return true
    },
  })
  if (typeof reply === 'string') return CONTRADICTION
  if (!reply.ok) return refused(reply.error)
  const member = { ...reply.value, personName, deviceName, fingerprint }
  // Edits from now on are those of another member, also on a tablet that was in the team before.
  await stores.state.set('epoch', newEpoch())
  await stores.state.set('actor', null)
  await stores.state.set('membership', member)
  await stores.state.set(SHUT_OUT, null)
  await stores.state.set(KEY_REPLACED, null)
  return start(stores, member)
}

function refused(error: ClientError): OpenOutcome {
  if (error.kind === 'unreachable') {
    return {
      kind: 'failed',
      title: 'The hub does not answer',
      advice: 'Check that this device is in the same Wi-Fi as the hub, then open the link again.',
    }
  }
  if (error.kind === 'refused' && error.code === 'JOIN_DECLINED') {
    return {
      kind: 'failed',
      title: 'You were not let in',
      advice: 'Whoever looks after the hub has declined. Speak with them; if it was a mistake, they make a new link.',
    }
  }
  if (error.kind === 'refused' && error.code === 'JOIN_BUSY') {
    return {
      kind: 'failed',
      title: 'Somebody is asking with this link already',
      advice:
        'If that was you in another tab, wait half a minute and open the link again. If not, tell whoever gave you the link: somebody else has it.',
    }
  }
  return {
    kind: 'failed',
    title: 'This link does not let you in',
    advice: `${error.message}. Ask for a new link: on the hub, open “Devices” and press “Let a device join”.`,
  }
}

async function start({ records, state }: Stores, member: Membership): Promise<OpenOutcome> {
  const changes = await openSequencedStore(records, await epochOf(state))
  const { team, userId, deviceId, deviceName, grant } = member
  let { token } = member
  // An edit takes its author and its place in the queue of the store in one step: none waits under an actor of before.
  let actor = z.string().parse((await state.get('actor')) ?? changes.epoch)
  const actors = {
    current: () => actor,
    async retire() {
      const next = newEpoch()
      await state.set('actor', next)
      actor = next
      await introduce(changes, member, author())
    },
  }
  let refresh = (): void => undefined
  const sync = createReplicaSync({
    changes,
    state,
    scheduler: browserScheduler,
    self: () => ({ deviceId, deviceName, team: team.id, token }),
    onChange: () => refresh(),
    onShutOut: () => void state.set(SHUT_OUT, true).then(refresh),
    onUnknown(_kind, code) {
      if (code === 'KEY_REPLACED') void state.set(KEY_REPLACED, true).then(refresh)
    },
    onRenewed(renewed) {
      token = renewed
      void state.set('membership', { ...member, token })
    },
    saver: () => isSavingData(navigator),
    trust: (kind) => trustOf(changes, { team: team.id, userId, deviceId, grant }, kind, actors),
  })
  const clock = createClock(Date.now, sync.clockOffset)
  const author = (): Author => ({ actor, stamp: clock.next() })
  await introduce(changes, member, author())
  const hub = hubPlace(team.id)
  sync.connect('hub', hub.dial, member.hub.name)
  const files = await openTabletFiles({ changes, sync, token, origin: hub.origin, author })
  const status = new BehaviorSubject(await readStatus(member, sync, state))
  refresh = atMostEvery(STATUS_PAUSE_MS, async () => status.next(await readStatus(member, sync, state)))
  changes.subscribe(refresh)
  window.addEventListener('online', () => sync.poke())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') sync.poke()
  })
  return {
    kind: 'ready',
    replica: {
      kind: 'tablet',
      collection: records,
      store: changes,
      files,
      author,
      team: team.id,
      userId,
      deviceId,
      status,
      api: pageApi(token, hub.origin),
      presence: tabletPresence(sync.presence),
      drafts: tabletDrafts(state),
    },
  }
}

async function openStores(): Promise<Stores> {
  const { records, state } = await openTabletDatabase()
  // Browsers may clear data under pressure unless they are asked not to; they may say no, and the hub has a copy.
  await navigator.storage?.persist?.()
  return { records, state: stateStore(state) }
}

function newEpoch(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(8)))
}

async function epochOf(state: StateStore): Promise<string> {
  const known = z
    .string()
    .optional()
    .parse(await state.get('epoch'))
  const epoch = known ?? newEpoch()
  if (known === undefined) await state.set('epoch', epoch)
  return epoch
}

/** Tells the team whose edits this tablet's are. */
async function introduce(
  changes: ChangeStore,
  { team, userId, deviceId, personName, deviceName }: Membership,
  author: Author,
): Promise<void> {
  const id = uuidv5(author.actor, ACTOR_RECORDS)
  const data = { actor: author.actor, userId, deviceId, personName, deviceName }
  await changes.update([id], (current) =>
    current.has(id) ? [] : [{ record: createRecord({ id, scope: team.id, table: 'actors', data }, author) }],
  )
}

async function readStatus(member: Membership, sync: ReplicaSync, state: StateStore): Promise<ReplicaStatus> {
  const room = await askForRoom(navigator.storage)
  const notice = (room && roomNotice(room)) ?? (await draftNotice(state))
  const upstreams = await sync.upstreams()
  // Another one may have taken over since this tablet joined.
  const hubName = upstreams.find(({ kind }) => kind === 'hub')?.name ?? member.hub.name
  return {
    role: 'tablet',
    deviceName: member.deviceName,
    personName: member.personName,
    grant: member.grant,
    hub: { name: hubName, fingerprint: member.fingerprint || undefined },
    upstreams,
    devices: [],
    quarantined: (await quarantined(state)).length,
    ...((await state.get(SHUT_OUT)) === true && { isShutOut: true }),
    ...((await state.get(KEY_REPLACED)) === true && { isKeyReplaced: true }),
    ...(notice !== undefined && { notice }),
  }
}

/**
 * Two tabs would count their changes apart, so one of them holds the data. The other says so, and goes on by itself as soon
 * as that one is closed or has crashed: the browser gives the lock to who waits for it.
 */
async function holdTab(): Promise<boolean> {
  const isFirst = await new Promise<boolean>((resolve) => {
    void navigator.locks.request(TABLET_DATABASE, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise(() => undefined) // held as long as the tab lives
    })
  })
  if (!isFirst) void navigator.locks.request(TABLET_DATABASE, () => window.location.reload())
  return isFirst
}

/** Folds calls into one run at a time, with a pause between runs; the last call is always followed by a run. */
function atMostEvery(ms: number, run: () => Promise<void>): () => void {
  let running = false
  let again = false
  const go = async (): Promise<void> => {
    running = true
    do {
      again = false
      await run()
      await new Promise((resolve) => setTimeout(resolve, ms))
    } while (again)
    running = false
  }
  return () => {
    again = true
    if (!running) void go()
  }
}

const saving = z.object({ connection: z.object({ saveData: z.literal(true) }) })

/** Whether the person has asked this browser to use little data (Network Information API; not in every browser). */
function isSavingData(navigator: unknown): boolean {
  return saving.safeParse(navigator).success
}

function describeDevice(userAgent: string): string {
  const [system] = /iPad|iPhone|Android|Windows|Mac OS|Linux/.exec(userAgent) ?? []
  if (system === 'Android') return /Mobile/.test(userAgent) ? 'Android phone' : 'Android tablet'
  if (system === 'iPad' || system === 'iPhone') return system
  return system ? `browser on ${system}` : 'browser'
}

const SECOND_TAB: OpenOutcome = {
  kind: 'failed',
  title: 'WedSync is already open in another tab',
  advice: 'Go on in the other tab. When you close it, this one takes over.',
}

const CONTRADICTION: OpenOutcome = {
  kind: 'failed',
  title: 'The hub contradicts itself',
  advice: 'Nothing was sent that lets anybody in. Ask whoever looks after the hub for a new link, and open that.',
}

const NOT_INVITED: OpenOutcome = {
  kind: 'failed',
  title: 'This device has not joined yet',
  advice: 'On the hub, open “Devices”, press “Let a device join”, and scan the code or open the link on this device.',
}
