/**
 * The keys of sealed values on this device. It follows the team's records: keys that were wrapped for it join its ring, and a
 * device that holds the team's own key gives others what their role may read, and makes new keys when somebody is shut out.
 */
import { randomBytes } from 'node:crypto'
import { v5 as uuidv5 } from 'uuid'
import { toBase64Url } from '../../model/bytes.ts'
import { type Author, createRecord, editRecord } from '../../model/merge/edit.ts'
import { mayEnterWedding, mayServeAsHub } from '../../model/roles.ts'
import { sealingBorder } from '../../model/sealing/border.ts'
import { branchesFor } from '../../model/sealing/branches.ts'
import {
  createKeyRing,
  epochOfKey,
  FIRST_KEY_ID,
  firstGeneration,
  generationOf,
  type KeyEntry,
  type KeyName,
  type KeyRing,
  SECRET_BYTES,
} from '../../model/sealing/keyRing.ts'
import type { Border } from '../../model/sync/border.ts'
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import type { Log } from '../log.ts'
import { provenWrappingKey, proveWrappingKey } from './deviceProof.ts'
import type { Identity } from './identity.ts'
import { type KeyDirectory, readKeyDirectory } from './keyDirectory.ts'
import { certifyDevice, type DeviceCertificate, grantKeys, nameOfKey, openGrant } from './keyGrants.ts'
import { nodeAead } from './nodeAead.ts'
import { loadGivenKeys, loadWrappingKeys, teamRoots } from './ownKeys.ts'
import { epochOf } from './team.ts'

export interface SealingKeysOptions {
  readonly identity: Identity
  readonly changes: ChangeStore
  readonly state: StateStore
  /** An author for this install itself. */
  readonly author: () => Promise<Author>
  readonly now: () => number
  readonly log: Log
}

export interface SealingKeys {
  /** For the keys that this device holds now. */
  border(): Border
  /** All keys that the team's own key does not yield, for a device that is given that. */
  laterKeys(): Promise<readonly KeyEntry[]>
  /** Calls back when this device has got keys: its border is another one from then on. */
  onChange(listener: () => void): void
  /** Makes new keys for what is written from now on. Throws on a device that may not serve as hub. */
  rotate(scopes: readonly string[]): Promise<void>
  /** Resolves when what the records ask for at this moment is done. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Of records whose id must be the same whoever writes them. */
const NAMESPACE = 'c6b1b4a3-52b5-4d8e-9e1b-6e8f6b0d1b7d'
/** Of a key id. */
const RANDOM_BYTES = 8

/** The keys that this device holds: what it was given, and what was wrapped for it. */
async function heldKeys(deviceId: string, state: StateStore, { grants }: KeyDirectory): Promise<readonly KeyEntry[]> {
  const pair = await loadWrappingKeys(state)
  const mine = grants.filter(({ device }) => device === deviceId)
  return [...(await loadGivenKeys(state)), ...mine.flatMap((grant) => openGrant(grant, pair) ?? [])]
}

function ringOf({ team }: Identity, entries: readonly KeyEntry[]): KeyRing {
  return createKeyRing({ roots: teamRoots(team), entries }, nodeAead)
}

/** The keys that an install holds beside what the team's own key yields. */
export async function heldKeysOf(
  { deviceId, team }: Identity,
  changes: Pick<ChangeStore, 'inScope'>,
  state: StateStore,
): Promise<readonly KeyEntry[]> {
  const entries = await heldKeys(deviceId, state, await readKeyDirectory(changes, team))
  return [...new Map(entries.map((entry) => [nameOfKey(entry), entry])).values()]
}

/** What the team's present key yields for what is here, for when that key goes. */
export async function derivedKeysOf(
  identity: Identity,
  changes: Pick<ChangeStore, 'scopes'>,
): Promise<readonly KeyEntry[]> {
  const { team } = identity
  const ring = ringOf(identity, [])
  const scopes = [...new Set([team.id, ...(await changes.scopes())])]
  const names = scopes.flatMap((scope) => ring.laterIds(scope).map((keyId) => ({ scope, keyId })))
  return names.flatMap((name) => {
    const secret = ring.secret(name)
    return secret && epochOfKey(name.keyId) === epochOf(team) ? [{ ...name, secret }] : []
  })
}

/** The border of an install that is not running, to look at its records as a cloud would. */
export async function borderOfInstall(
  identity: Identity,
  changes: Pick<ChangeStore, 'inScope'>,
  state: StateStore,
): Promise<Border> {
  return sealingBorder(ringOf(identity, await heldKeysOf(identity, changes, state)))
}

export async function openSealingKeys(options: SealingKeysOptions): Promise<SealingKeys> {
  const { identity, changes, state, author, now, log } = options
  const { team } = identity
  const { publicKey } = await loadWrappingKeys(state)
  const proof = proveWrappingKey(identity, publicKey)
  const listeners: (() => void)[] = []
  let held = -1
  let ring: KeyRing = ringOf(identity, [])
  let border = sealingBorder(ring)
  let work: Promise<void> = Promise.resolve()
  let asked = false
  let stopped = false

  /** Keys are only ever added. */
  async function takeOwn(directory: KeyDirectory): Promise<void> {
    const entries = await heldKeys(identity.deviceId, state, directory)
    const count = new Set(entries.map(nameOfKey)).size
    if (count === held) return
    held = count
    ring = ringOf(identity, entries)
    border = sealingBorder(ring)
    for (const listener of listeners) listener()
  }

  async function publishOwn(directory: KeyDirectory, teamKey: string): Promise<void> {
    const { deviceId: device, grant } = identity
    const isCertified = directory.certificates.get(device)?.publicKey === publicKey
    if (isCertified && provenWrappingKey(directory.proofs.get(device), device) === publicKey) return
    await writeCertificate(
      { certificate: { team: team.id, device, publicKey, ...grant, issuedAt: now() }, proof },
      teamKey,
      changes,
      await author(),
    )
  }

  async function give(directory: KeyDirectory, teamKey: string): Promise<void> {
    const scopes = [...new Set([team.id, ...(await changes.scopes())])]
    for (const certificate of directory.certificates.values()) {
      if (directory.revokedAt.has(certificate.device)) continue
      const given = new Set(
        directory.grants
          .filter(({ device }) => device === certificate.device)
          .flatMap(({ keys }) => keys.map(nameOfKey)),
      )
      for (const scope of scopes) {
        const missing = keysFor(certificate, scope, ring, team.id).filter((name) => !given.has(nameOfKey(name)))
        const entries = missing.flatMap((name): KeyEntry[] => {
          const secret = ring.secret(name)
          return secret ? [{ ...name, secret }] : []
        })
        if (entries.length > 0) await writeGrant(certificate, entries, teamKey)
      }
    }
  }

  async function writeGrant(to: DeviceCertificate, entries: readonly KeyEntry[], teamKey: string): Promise<void> {
    const epoch = epochOf(team)
    const named = [to.device, entries.map(nameOfKey), ...(epoch > 0 ? [epoch] : [])]
    const id = uuidv5(JSON.stringify(named), NAMESPACE)
    const data = { deviceId: to.device, grant: grantKeys(to, entries, teamKey) }
    const by = await author()
    await changes.update([id], (current) =>
      current.has(id) ? [] : [{ record: createRecord({ id, scope: team.id, table: 'wrapped_keys', data }, by) }],
    )
    log('keys given', { device: to.device, keys: entries.length })
  }

  async function rotate(scopes: readonly string[], { certificates }: KeyDirectory, teamKey: string): Promise<void> {
    const self = certificates.get(identity.deviceId)
    if (!self) throw new Error('this device has not published its key yet')
    for (const scope of scopes) {
      const first = firstGeneration(epochOf(team))
      const generation = Math.max(first, ...ring.laterIds(scope).map(generationOf)) + 1
      const keyId = `${generation}.${toBase64Url(randomBytes(RANDOM_BYTES))}`
      await writeGrant(self, [{ scope, keyId, secret: new Uint8Array(randomBytes(SECRET_BYTES)) }], teamKey)
      log('keys rotated', { scope, keyId })
    }
  }

  /** New keys for what a device could read that was shut out later than the newest key was made. */
  async function rotateAway(directory: KeyDirectory, teamKey: string): Promise<void> {
    const { certificates, revokedAt, givenAt } = directory
    const known = [...new Set([team.id, ...(await changes.scopes())])]
    for (const [device, at] of revokedAt) {
      const certificate = certificates.get(device)
      if (!certificate) continue // it never had a key
      for (const scope of known.filter((each) => each === team.id || mayEnterWedding(certificate, each))) {
        // Clocks may be wrong, so once is enough, whatever they say.
        const done = `rotated/${device}/${scope}`
        const newest = ring.laterIds(scope).at(-1)
        const madeAt = newest === undefined ? undefined : givenAt.get(nameOfKey({ scope, keyId: newest }))
        if ((madeAt !== undefined && madeAt >= at) || (await state.get(done)) === true) continue
        await rotate([scope], directory, teamKey)
        await state.set(done, true)
      }
    }
  }

  async function bringUpToDate(): Promise<void> {
    let directory = await readKeyDirectory(changes, team)
    await takeOwn(directory)
    if (team.privateKey === undefined) return
    await publishOwn(directory, team.privateKey)
    directory = await readKeyDirectory(changes, team)
    await rotateAway(directory, team.privateKey)
    directory = await readKeyDirectory(changes, team)
    await takeOwn(directory)
    await give(directory, team.privateKey)
  }

  function ask(): void {
    if (asked || stopped) return
    asked = true
    work = work
      .then(async () => {
        asked = false
        if (!stopped) await bringUpToDate()
      })
      .catch((cause: unknown) => log('keys could not be handed out', { reason: reasonOf(cause) }))
  }

  let scopesKnown = new Set(await changes.scopes())
  const unsubscribe = changes.subscribe((scope) => {
    if (scope !== team.id && scopesKnown.has(scope)) return
    scopesKnown = scopesKnown.add(scope)
    ask()
  })
  await bringUpToDate()

  return {
    border: () => border,
    async laterKeys() {
      const scopes = [...new Set([team.id, ...(await changes.scopes())])]
      const names = scopes.flatMap((scope) => randomIds(ring, scope).map((keyId) => ({ scope, keyId })))
      return names.flatMap((name) => {
        const secret = ring.secret(name)
        return secret ? [{ ...name, secret }] : []
      })
    },
    onChange: (listener) => listeners.push(listener),
    async rotate(scopes) {
      const teamKey = team.privateKey
      if (teamKey === undefined) throw new Error('only a device that may serve as hub makes keys')
      const turn = work.then(async () => rotate(scopes, await readKeyDirectory(changes, team), teamKey))
      work = turn.catch(() => undefined) // the failure is the caller's to tell
      await turn
      ask()
      await work
    },
    settled: () => work,
    async stop() {
      stopped = true
      unsubscribe()
      await work
    },
  }
}

/** What a device may hold of a scope: of what can be derived from the team's root, nothing if it has the root itself. */
function keysFor(certificate: DeviceCertificate, scope: string, ring: KeyRing, team: string): readonly KeyName[] {
  if (scope !== team && !mayEnterWedding(certificate, scope)) return []
  if (mayServeAsHub(certificate)) return randomIds(ring, scope).map((keyId) => ({ scope, keyId }))
  return [FIRST_KEY_ID, ...ring.laterIds(scope)].flatMap((keyId) =>
    branchesFor(certificate.role).map((branch) => ({ scope, keyId, ...branch })),
  )
}

function randomIds(ring: KeyRing, scope: string): readonly string[] {
  return ring.laterIds(scope).filter((keyId) => !ring.derives(keyId))
}

/** Tells the team with which key to wrap for a device, and what that device may read. */
export async function writeCertificate(
  { certificate, proof }: { readonly certificate: DeviceCertificate; readonly proof?: string },
  teamKey: string,
  changes: ChangeStore,
  author: Author,
): Promise<void> {
  // A record is of one team for good, and a device may go from one team to another.
  const id = uuidv5(`${certificate.team}/${certificate.device}`, NAMESPACE)
  const data = {
    deviceId: certificate.device,
    certificate: certifyDevice(certificate, teamKey),
    ...(proof !== undefined && { proof }),
  }
  await changes.update([id], (current) => {
    const known = current.get(id)
    if (!known) return [{ record: createRecord({ id, scope: certificate.team, table: 'device_keys', data }, author) }]
    const edited = editRecord(known, data, author)
    return edited === known ? [] : [{ record: edited }]
  })
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
