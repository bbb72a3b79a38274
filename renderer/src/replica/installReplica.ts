/** The window of an install: the install's own database, and the status that its server reports. */
import { createRxDatabase, type RxCollection } from 'rxdb'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { ClientError } from '../../../model/client/client.ts'
import { RECORDS, type RecordDocument, recordSchema } from '../../../model/database/recordSchema.ts'
import { rxRecordStore } from '../../../model/database/rxRecordStore.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { roleName } from '../../../model/roles.ts'
import { fetchBlob, putBlob } from '../photos/blobCalls.ts'
import { installPresence } from '../presence/installPresence.ts'
import { tellActivity } from './activity.ts'
import { type PageApi, pageApi } from './api.ts'
import { openDatabaseLine } from './databaseLine.ts'
import { remoteStorage } from './remoteStorage.ts'
import type { OpenOutcome, OwnDrafts, ReplicaStatus } from './replica.ts'

const STATUS_EVERY_MS = 1_000

export async function openInstallReplica(secret: string): Promise<OpenOutcome> {
  const api = pageApi(secret)
  const info = await api.window()
  if (!info.ok && info.error.kind === 'refused' && info.error.status === LOCKED) return lockedWindow(api, secret)
  if (!info.ok) return gone(info.error.kind === 'refused' ? info.error.status : 0)
  const first = await readStatus(api)
  if (!first.ok) return gone(0)
  const status = new BehaviorSubject<ReplicaStatus>(first.value)
  const database = await createRxDatabase<{ [RECORDS]: RxCollection<RecordDocument> }>({
    name: 'wedsync',
    storage: remoteStorage(
      () => openDatabaseLine(window.location.href, secret),
      () => status.next({ ...status.value, problem: LOST }),
    ),
    multiInstance: false,
  })
  await database.addCollections({ [RECORDS]: { schema: recordSchema } })
  const collection = database[RECORDS]
  const clock = createClock(Date.now, () => status.value.clockOffsetMs ?? 0)
  const { team, userId, deviceId, actor } = info.value
  followStatus(api, status)
  tellActivity(api)
  return {
    kind: 'ready',
    replica: {
      kind: 'install',
      collection,
      store: rxRecordStore(collection),
      files: {
        keep: (bytes, name, place) => putBlob(secret, bytes, name, place),
        load: (name) => fetchBlob(secret, name),
      },
      author: () => ({ actor: status.value.actor ?? actor, stamp: clock.next() }),
      team,
      userId,
      deviceId,
      status: status as Observable<ReplicaStatus>,
      api,
      presence: installPresence(api),
      drafts: installDrafts(api),
    },
  }
}

function installDrafts(api: PageApi): OwnDrafts {
  return {
    async list() {
      const answer = await api.ownDrafts()
      return answer.ok ? ok(answer.value.drafts) : answer
    },
    remove: ({ id }) => api.removeQueued({ params: { id } }),
  }
}

/** HTTP status. */
const LOCKED = 423
const UNAUTHENTICATED = 401

function lockedWindow(api: PageApi, secret: string): OpenOutcome {
  return {
    kind: 'locked',
    async unlock(passphrase) {
      const answer = await api.unlockWindow({ body: { passphrase } })
      if (!answer.ok) return err(answer.error.message)
      return ok(await openInstallReplica(secret))
    },
  }
}

const LOST = 'WedSync on this computer has stopped. Nothing can be saved until you start it again.'

function gone(status: number): OpenOutcome {
  return {
    kind: 'failed',
    title: status === 401 ? 'This window belongs to an earlier start' : 'WedSync on this computer does not answer',
    advice: 'Close this window and start WedSync again; it opens a new one.',
  }
}

async function readStatus(api: PageApi): Promise<Result<ReplicaStatus, ClientError>> {
  const answer = await api.installStatus()
  if (!answer.ok) return answer
  const { role, grant, ...told } = answer.value
  return ok({
    ...told,
    role: role === 'hub' ? 'hub' : 'local',
    grant: {
      role: roleName.parse(grant.role),
      weddings: grant.weddings,
      ...(grant.vendors && { vendors: grant.vendors }),
    },
  })
}

/**
 * Asks again and again, as long as the page is open. A server that does not answer is a problem that is shown. One that was
 * away and is back was opened again, perhaps as part of another team: the page begins anew. It does so too if the secret of
 * its launch opens nothing any more: the window was locked, and nothing of what it showed is to stay in it.
 */
function followStatus(api: PageApi, status: BehaviorSubject<ReplicaStatus>): void {
  const ask = async (): Promise<void> => {
    const next = await readStatus(api)
    const isLocked = !next.ok && next.error.kind === 'refused' && next.error.status === UNAUTHENTICATED
    if (isLocked || (next.ok && status.value.problem === LOST)) {
      window.location.reload()
      return
    }
    if (next.ok) status.next(next.value)
    else status.next({ ...status.value, problem: LOST })
    setTimeout(() => void ask(), STATUS_EVERY_MS)
  }
  setTimeout(() => void ask(), STATUS_EVERY_MS)
}
