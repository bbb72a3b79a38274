/** The key of this install's team: replacing it after a theft, and hearing that somebody else has. */
import type { TeamKeyDevice } from '../../model/rest/teamKey.ts'
import { err, ok } from '../../model/result.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import type { UpstreamKind } from '../../model/sync/replicaSync.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { provenWrappingKey } from '../identity/deviceProof.ts'
import type { Identity } from '../identity/identity.ts'
import { readKeyDirectory } from '../identity/keyDirectory.ts'
import { endRecoveryKits, kitKeys, newKit } from '../identity/recovery.ts'
import { writeCertificate } from '../identity/sealingKeys.ts'
import { succeed } from '../identity/succeed.ts'
import { makeSuccession, type NewSuccession, presentRecoveryKey } from '../identity/succession.ts'
import { epochOf, privateKeysOf, type Team } from '../identity/team.ts'
import { createTeamKeys, mintFor } from '../identity/token.ts'
import type { Log } from '../log.ts'
import type { OwnTeamKey, ReplaceKeyError } from '../rest/context.ts'
import type { RosterOf, TeamDevice } from '../rest/roster.ts'
import { exchangeTeamKey } from '../rest/teamKeyDoor.ts'
import { personOf } from './callers.ts'
import { knownCloud, knownHub } from './calls.ts'
import type { HeldIdentity } from './heldIdentity.ts'
import type { People } from './people.ts'

export interface TeamKey extends OwnTeamKey {
  /** Takes what somebody says of the team's key, and tells what is known here. */
  meet(team: string, successions: readonly string[]): Promise<readonly string[] | undefined>
  /** Asks whom this install calls, who does not take its token. */
  askUpstream(kind: UpstreamKind): Promise<void>
  /** What people are to be told of it, in a sentence. */
  notice(): string | undefined
}

interface TeamKeyParts {
  readonly held: HeldIdentity
  readonly store: SqliteStore
  readonly people: People
  readonly rosters: RosterOf
  /** This install is part of the team under another key now: it has to be opened again. */
  readonly onReplaced: () => Promise<void>
  /** The other one has heard it from us: it is worth another try. */
  readonly onHeard: () => void
  readonly log: Log
}

/** For the answer to whoever told it to get out before everything is closed. */
const ANSWER_MS = 200
/** In which a hub that has just heard of it is open again. */
const HEARD_MS = 1_500
const TRY_AGAIN_EVERY_MS = 20_000

export function openTeamKey({ held, store, people, rosters, onReplaced, onHeard, log }: TeamKeyParts): TeamKey {
  const { changes, state } = store
  let successor: Identity | undefined
  let taking: Promise<unknown> = Promise.resolve()
  let triedAgainMs = Number.NEGATIVE_INFINITY
  /** Those that are of a version which cannot hear of it. */
  const old = new Set<UpstreamKind>()

  function known(): readonly string[] {
    return (successor ?? held.now()).team.successions ?? []
  }

  /**
   * One after the other.
   * @param andThen what is to be done before the install is opened again, if they lead to another key
   * @returns the statements that count from then on
   */
  function take(texts: readonly string[], andThen = async (): Promise<void> => undefined): Promise<readonly string[]> {
    const taken = taking.then(() => takeNow(texts, andThen))
    taking = taken.catch(() => undefined) // the failure is the caller's to tell
    return taken
  }

  async function takeNow(texts: readonly string[], andThen: () => Promise<void>): Promise<readonly string[]> {
    if (successor) return known() // and opened again in a moment, to hear the rest
    const outcome = await held.whileJoining(async (own) => {
      const next = await succeed(own, texts, store)
      return next ? ok(next) : err('nothing new')
    })
    if (!outcome.ok) return known()
    successor = outcome.value
    log('the key of the team was replaced', { epoch: epochOf(successor.team) })
    await andThen()
    setTimeout(() => {
      onReplaced().catch((cause: unknown) => log('opening again failed', { reason: reasonOf(cause) }))
    }, ANSWER_MS)
    return known()
  }

  async function devices(): Promise<readonly StayingDevice[]> {
    const { team, deviceId: own } = held.now()
    const { proofs } = await readKeyDirectory(changes, team)
    const inTeam = [...(await rosters(team.id)).devices.values()].filter(({ revokedAt }) => revokedAt === undefined)
    return inTeam.map((device) => {
      const { deviceId } = device
      // The roster does not say which rows are a vendor's own, and a token without would say all of its weddings.
      const wrappingKey = device.grant.role === 'vendor' ? undefined : provenWrappingKey(proofs.get(deviceId), deviceId)
      return { device, wrappingKey, isOwn: deviceId === own }
    })
  }

  return {
    async state() {
      const { team } = held.now()
      return {
        epoch: epochOf(team),
        mayReplace: team.privateKey !== undefined && team.recoveryKey !== undefined,
        devices: (await devices()).map(entryOf),
      }
    },

    async replace(words, without) {
      const now = held.now()
      const kit = kitKeys(words)
      const problem = problemWith(now.team, kit.publicKey)
      if (problem) return err(problem)
      const staying = (await devices()).filter(({ device }) => !without.includes(device.deviceId))
      if (!staying.some(({ isOwn, wrappingKey }) => isOwn && wrappingKey !== undefined)) return err('own-device')
      const next = createTeamKeys()
      const nowMs = Date.now()
      const stays = staying.flatMap(({ device, wrappingKey }) =>
        wrappingKey === undefined ? [] : [{ wrappingKey, ...partOf(device, now.team, next.privateKey, nowMs) }],
      )
      const nextKit = await newKit(state)
      const nextRecoveryKey = kitKeys(nextKit).publicKey
      const about = { team: now.team, kit, next, nextRecoveryKey, stays, madeBy: now.deviceId, madeAt: nowMs }
      const text = makeSuccession(about)
      const author = () => people.author(personOf(now))
      const successions = await take([text], async () => {
        // For those who cannot certify themselves.
        for (const { device, wrappingKey } of staying) {
          if (wrappingKey === undefined || mayServeAsHub(device.grant)) continue
          const { deviceId, grant } = device
          const certificate = { team: now.team.id, device: deviceId, publicKey: wrappingKey, ...grant, issuedAt: nowMs }
          await writeCertificate({ certificate }, next.privateKey, changes, await author())
        }
        await endRecoveryKits({ changes, author }, now.team.id)
      })
      return successions.includes(text) ? ok(true) : err('another-was-first')
    },

    async meet(team, successions) {
      if (team !== held.now().team.id) return undefined
      return take(successions)
    },

    async askUpstream(kind) {
      const own = held.now()
      const peer = kind === 'hub' ? await knownHub(state) : await knownCloud(state)
      if (!peer) return
      const pinned = 'fingerprint' in peer ? { fingerprint: peer.fingerprint, own } : {}
      const told = await exchangeTeamKey({ url: peer.url, ...pinned }, own.team)
      if (!told.ok) {
        if (told.error === 'not-known-there' && known().length > 0) old.add(kind)
        return log('the team’s key could not be compared', { kind, reason: told.error })
      }
      old.delete(kind)
      await take(told.value)
      // It goes by the same key as we. Either it does only now, and takes a moment to; or our place is no longer good.
      const isEqual = known().length > 0 && known().at(-1) === told.value.at(-1) && !successor
      if (!isEqual || performance.now() - triedAgainMs < TRY_AGAIN_EVERY_MS) return
      triedAgainMs = performance.now()
      setTimeout(onHeard, HEARD_MS).unref()
    },

    notice() {
      const [kind] = old
      if (kind === undefined) return undefined
      return `The ${kind} does not know that the team's key was replaced: bring WedSync there to the version of this device.`
    },
  }
}

interface StayingDevice {
  readonly device: TeamDevice
  readonly isOwn: boolean
  /** Absent: it cannot be given anything, and is invited again. */
  readonly wrappingKey: string | undefined
}

function entryOf({ device, isOwn, wrappingKey }: StayingDevice): TeamKeyDevice {
  const { deviceId, name, personName, grant } = device
  return { deviceId, name, personName, role: grant.role, isOwn, goesOn: wrappingKey !== undefined }
}

function problemWith(team: Team, kitKey: string): ReplaceKeyError | undefined {
  if (team.privateKey === undefined) return 'not-a-hub'
  if (team.recoveryKey === undefined) return 'older-team'
  return presentRecoveryKey(team) === kitKey ? undefined : 'other-kit'
}

function partOf(
  { deviceId: device, userId: user, grant }: TeamDevice,
  team: Team,
  nextKey: string,
  nowMs: number,
): Pick<NewSuccession['stays'][number], 'device' | 'part'> {
  if (mayServeAsHub(grant)) return { device, part: { privateKey: nextKey, formerKeys: privateKeysOf(team) } }
  const bearer = { team: team.id, user, device, holder: 'install', ...grant } as const
  return { device, part: { token: mintFor(bearer, nextKey, nowMs) } }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}
