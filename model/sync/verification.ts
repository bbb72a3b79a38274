/**
 * The part of a session that proves that both sides hold the same, and finds out what differs. The caller asks, one step
 * at a time; the side that was called answers, and remembers nothing but the trees of the comparison that is under way.
 *
 *     caller                              called
 *       │── digest ────────────────────────▶│   when nothing is under way
 *       │◀─────────────────────── verdict ──│   equal: complete
 *       │                                   │   different, and again half a second later:
 *       │── probe ──▶           ◀── nodes ──│   down the branches that differ, level by level
 *       │── repair ────────────────────────▶│   both send the records that differ, and only those; and before the
 *       │                                   │   first digest those that a border refused which is now another
 *       │── resend ────────────────────────▶│   last resort: both send the scope from its first change
 */
import type { DigestForest, DigestNode, Path } from '../merge/digestForest.ts'
import { unreachable } from '../result.ts'
import type { Digest, Nodes, Probe, Repair, Resend, Verdict } from '../wire/index.ts'
import { MAX_CHILDREN } from '../wire/probe.ts'
import { MAX_REPAIRED } from '../wire/repair.ts'
import type { ChangeStore } from './changeStore.ts'
import { type Answer, type Comparison, compareForest } from './comparison.ts'
import type { DigestIndex } from './digestIndex.ts'
import type { Outbox } from './outbox.ts'
import type { Refusals } from './refusals.ts'
import type { PeerRules } from './rules.ts'

/** After the last change, so that what people do one after the other is compared once. */
const DELAY_MS = 500
const RETRY_MS = 500
const RESEND_PAUSE_MS = 30_000
/** Without an answer for this long, the question is asked again. */
const PATIENCE_MS = 9_000
/** Digests that may be under way: the peer has only so many places for messages that wait. */
const MAX_DIGESTS = 8

export interface VerificationOptions {
  /** True on the side that asks. */
  readonly caller: boolean
  readonly changes: ChangeStore
  readonly digests: DigestIndex
  readonly rules: PeerRules
  readonly refusals: Refusals
  /** Known once the peer has said where it stands. */
  readonly outbox: () => Outbox | undefined
  /** How many changes of this scope the peer still has for us. */
  readonly incoming: (scope: string) => number
  readonly send: (message: VerificationMessage) => void
  /** Makes the outbox send what it has. */
  readonly pump: () => void
  /** Calls back once; a later call with the same name takes the place of an earlier one. */
  readonly timer: (name: string, ms: number, run: () => Promise<void>) => void
  readonly cancel: (name: string) => void
  readonly elapsed: () => number
  readonly onProgress: () => void
}

export type VerificationMessage = Digest | Verdict | Probe | Nodes | Repair | Resend

export interface Verification {
  /** Records of the scope were exchanged: that it was equal counts no longer. */
  touch(scope: string): void
  /** What changed here from `from` to `upTo` is nothing to the peer: what was equal before is so still. */
  passOver(scope: string, from: number, upTo: number): void
  /** Something has happened to the scope after which digests are worth comparing. */
  soon(scope: string): void
  handle(message: VerificationMessage): Promise<void>
  /** Digests were compared when this was the head of the scope, and were equal. */
  isEqual(scope: string, head: number): boolean
  /** The peer says that we have no part in the scope. */
  isForeign(scope: string): boolean
}

/** What was done about a difference so far. */
interface Difference {
  readonly count: number
  /** The records that differ were looked for and sent. */
  readonly repaired: boolean
  readonly resentAt: number
}

const NO_DIFFERENCE: Difference = { count: 0, repaired: false, resentAt: Number.NEGATIVE_INFINITY }

export function openVerification(options: VerificationOptions): Verification {
  const { caller, changes, digests, rules, refusals, outbox, send, elapsed, onProgress } = options
  /** Heads at which scopes were equal. */
  const equal = new Map<string, number>()
  /** The last part of the log of a scope that has nothing for the peer. It may be passed over while digests are compared. */
  const passed = new Map<string, { readonly from: number; readonly upTo: number }>()
  /** Heads at which scopes were asked about. */
  const asked = new Map<string, number>()
  const awaitingVerdict = new Set<string>()
  const foreign = new Set<string>()
  const differences = new Map<string, Difference>()
  const sinceMs = elapsed()
  /** From when on a scope is to be audited, where that is later than the beginning of the session. */
  const doubtful = new Map<string, number>()
  /** Scopes of which the peer was asked, in this session, for what an earlier border did not let in. */
  const askedForShut = new Set<string>()
  /** The side that asks compares one scope at a time. */
  let comparing: { readonly scope: string; readonly comparison: Comparison } | undefined
  /** The trees that the peer is comparing with its own. */
  let compared: { readonly scope: string; readonly forest: DigestForest } | undefined

  async function forestOf(scope: string, except: Iterable<string>): Promise<DigestForest> {
    await rules.refresh()
    const audit = lastAuditOf(digests, scope) <= (doubtful.get(scope) ?? sinceMs)
    if (audit) noteAudit(digests, scope, elapsed())
    return digests.view(scope, { ...rules.view, except: new Set(except), audit })
  }

  function isQuiet(scope: string): boolean {
    return (outbox()?.isQuiet(scope) ?? false) && options.incoming(scope) === 0
  }

  function soon(scope: string, ms = DELAY_MS): void {
    if (caller && outbox()) options.timer(`verify ${scope}`, ms, () => verify(scope))
  }

  async function verify(scope: string): Promise<void> {
    const head = await changes.head(scope)
    if (equal.get(scope) === head) return
    if (!isQuiet(scope) || comparing?.scope === scope) return soon(scope, RETRY_MS)
    if (awaitingVerdict.size >= MAX_DIGESTS && !awaitingVerdict.has(scope)) return soon(scope)
    awaitingVerdict.add(scope)
    asked.set(scope, head)
    if (!askedForShut.has(scope)) askFor(scope, refusals.shut(scope))
    askedForShut.add(scope)
    const except = [...refusals.of(scope)]
    const { classes } = await forestOf(scope, except)
    send({ type: 'digest', scope, classes: Object.fromEntries(classes), except })
    // No verdict may come if the line is bad: ask again then.
    soon(scope, PATIENCE_MS)
  }

  async function onDigest({ scope, classes, except }: Digest): Promise<void> {
    if (!(await rules.mayEnter(scope))) return send({ type: 'verdict', scope, outcome: 'foreign' })
    const head = await changes.head(scope)
    const own = await forestOf(scope, except)
    if (sameDigests(own.classes, classes)) {
      equalAt(scope, head)
      send({ type: 'verdict', scope, outcome: 'equal' })
    } else {
      doubtful.set(scope, elapsed())
      send({ type: 'verdict', scope, outcome: isQuiet(scope) ? 'different' : 'busy' })
    }
    onProgress()
  }

  async function onVerdict({ scope, outcome }: Verdict): Promise<void> {
    awaitingVerdict.delete(scope)
    if (outcome !== 'foreign') foreign.delete(scope)
    switch (outcome) {
      case 'equal':
        differences.delete(scope)
        return onEqual(scope)
      case 'busy':
        // Where nothing is here yet, the peer's records are on their way; should none come, our patience ends.
        if (asked.get(scope) !== 0) soon(scope, RETRY_MS)
        return
      case 'different':
        doubtful.set(scope, elapsed())
        return onDifference(scope)
      case 'foreign':
        foreign.add(scope)
        if (comparing?.scope === scope) endComparison()
        options.cancel(`verify ${scope}`)
        return onProgress()
      default:
        return unreachable(outcome)
    }
  }

  function onEqual(scope: string): void {
    const head = asked.get(scope)
    if (head === undefined) {
      soon(scope)
      return
    }
    // As of when it was asked: a change since then has a later head, and is asked about on its own.
    equalAt(scope, head)
    onProgress()
  }

  function equalAt(scope: string, head: number): void {
    const { from, upTo } = passed.get(scope) ?? { from: head, upTo: head }
    equal.set(scope, from <= head && head < upTo ? upTo : head)
  }

  /** Once may be an edit that crossed the digest on its way; twice is a difference. */
  async function onDifference(scope: string): Promise<void> {
    const known = differences.get(scope) ?? NO_DIFFERENCE
    const difference = { ...known, count: known.count + 1 }
    differences.set(scope, difference)
    if (difference.count < 2 || comparing) return soon(scope, RETRY_MS)
    if (difference.repaired) return resendBoth(scope, difference)
    const except = [...refusals.of(scope)]
    const comparison = compareForest(await forestOf(scope, except))
    comparing = { scope, comparison }
    probe(scope, comparison.next(), except)
  }

  function probe(scope: string, places: readonly Path[], except?: readonly string[]): void {
    const at = places.map((path) => [...path])
    send({ type: 'probe', scope, at, ...(except && { except: [...except] }) })
    options.timer('compare', PATIENCE_MS, async () => {
      endComparison()
      soon(scope)
    })
  }

  function endComparison(): void {
    comparing = undefined
    options.cancel('compare')
  }

  async function onProbe({ scope, at, except }: Probe): Promise<void> {
    if (!(await rules.mayEnter(scope))) return send({ type: 'verdict', scope, outcome: 'foreign' })
    if (except || compared?.scope !== scope) compared = { scope, forest: await forestOf(scope, except ?? []) }
    const { forest } = compared
    send({ type: 'nodes', scope, nodes: at.flatMap((path) => encodeNode(path, forest.node(path))) })
  }

  function onNodes({ scope, nodes }: Nodes): void {
    if (comparing?.scope !== scope) return
    const { comparison } = comparing
    comparison.take(nodes.map(decodeNode))
    const places = comparison.next()
    if (places.length > 0) {
      probe(scope, places)
      return
    }
    endComparison()
    const known = differences.get(scope) ?? NO_DIFFERENCE
    const different = comparison.different()
    if (different) repairBoth(scope, known, [...different])
    else resendBoth(scope, known)
  }

  function repairBoth(scope: string, known: Difference, ids: readonly string[]): void {
    differences.set(scope, { ...known, count: 0, repaired: true })
    askFor(scope, ids)
    soon(scope, RETRY_MS)
  }

  /** Has both sides send what they hold of these records. */
  function askFor(scope: string, ids: readonly string[]): void {
    for (let i = 0; i < ids.length; i += MAX_REPAIRED) {
      const some = ids.slice(i, i + MAX_REPAIRED)
      send({ type: 'repair', scope, ids: some })
      sendAgain(scope, some)
    }
  }

  function sendAgain(scope: string, ids: readonly string[]): void {
    outbox()?.sendAgain(scope, ids)
    options.pump()
  }

  function resendBoth(scope: string, known: Difference): void {
    if (elapsed() - known.resentAt < RESEND_PAUSE_MS) {
      soon(scope, RESEND_PAUSE_MS)
      return
    }
    differences.set(scope, { count: 0, repaired: false, resentAt: elapsed() })
    send({ type: 'resend', scope })
    resend(scope)
  }

  function resend(scope: string): void {
    // Should it be the trees that are wrong, it is not for ever.
    digests.forget(scope)
    outbox()?.rewind(scope)
    options.pump()
    soon(scope, RETRY_MS)
  }

  return {
    touch(scope) {
      equal.delete(scope)
      asked.delete(scope)
      passed.delete(scope)
      soon(scope)
    },
    passOver(scope, from, upTo) {
      const before = passed.get(scope)
      const continues = before && before.from <= from && from <= before.upTo
      passed.set(scope, continues ? { from: before.from, upTo } : { from, upTo })
      const head = equal.get(scope)
      if (head === undefined) return
      equalAt(scope, head)
      onProgress()
    },
    soon,
    async handle(message) {
      switch (message.type) {
        case 'digest':
          return onDigest(message)
        case 'verdict':
          return onVerdict(message)
        case 'probe':
          return onProbe(message)
        case 'nodes':
          return onNodes(message)
        case 'repair':
          compared = undefined
          return sendAgain(message.scope, message.ids)
        case 'resend':
          if (await rules.mayEnter(message.scope)) resend(message.scope)
          return
        default:
          return unreachable(message)
      }
    },
    isEqual: (scope, head) => equal.get(scope) === head,
    isForeign: (scope) => foreign.has(scope),
  }
}

/**
 * When the storage was last asked whether it has lost any rows of a scope: once for all sessions that have begun before, so that a
 * hub is not asked by each of a hundred devices that come back together.
 */
const audits = new WeakMap<DigestIndex, Map<string, number>>()

function lastAuditOf(digests: DigestIndex, scope: string): number {
  return audits.get(digests)?.get(scope) ?? Number.NEGATIVE_INFINITY
}

function noteAudit(digests: DigestIndex, scope: string, atMs: number): void {
  const known = audits.get(digests) ?? new Map<string, number>()
  audits.set(digests, known.set(scope, atMs))
}

function encodeNode(path: Path, node: DigestNode): Nodes['nodes'] {
  const pairs = [...(node.kind === 'leaf' ? node.entries : node.children)].map(([k, v]): [string, string] => [k, v])
  // Who asked takes a place without an answer for one that cannot be told, and sends the whole scope.
  if (pairs.length > MAX_CHILDREN) return []
  return [node.kind === 'leaf' ? { path: [...path], records: pairs } : { path: [...path], children: pairs }]
}

function decodeNode(node: Nodes['nodes'][number]): Answer {
  return 'records' in node
    ? { path: node.path, node: { kind: 'leaf', entries: new Map(node.records) } }
    : { path: node.path, node: { kind: 'inner', children: new Map(node.children) } }
}

function sameDigests(own: ReadonlyMap<string, string>, theirs: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(theirs)
  return own.size === entries.length && entries.every(([readClass, digest]) => own.get(readClass) === digest)
}
