/** Puts operations on record: before they begin, and what came of them. */
import { randomUUID } from 'node:crypto'
import type { Caller } from '../rest/context.ts'
import { type AuditEntry, masked } from './entry.ts'
import type { AuditLog } from './log.ts'

/** Where a request came from. */
export interface Origin {
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

export interface Subject {
  readonly event: AuditEntry['event']
  readonly resource: string
  readonly caller?: Caller | undefined
  readonly origin?: Origin | undefined
  readonly sessionId?: string | undefined
  /** What the clock of the device said. */
  readonly deviceTime?: string | undefined
  readonly details?: Readonly<Record<string, unknown>>
  readonly risk?: number
}

export type Note = Pick<AuditEntry, 'phase'> & Partial<Pick<AuditEntry, 'conflictId' | 'action' | 'details'>>

export interface Trail {
  /** One entry for something that is over with it: a login, a refusal. */
  note(subject: Subject, note: Note): Promise<void>
  /**
   * Writes that it begins, does it, and writes what came of it. Rejects with {@link AuditUnavailable}, and does nothing,
   * if the beginning cannot be written.
   * @param notes entries on what was done
   * @param alongside whatever else is to be kept of the result: it goes to disk together with the entries
   */
  run<T>(
    subject: Subject,
    work: () => Promise<T>,
    notes: (result: T) => readonly Note[],
    alongside?: (result: T) => Promise<unknown>,
  ): Promise<T>
  /**
   * As `run`, with the beginning in the commit of what is done, where the database can do that (`updateOnRecord`), and elsewhere on
   * its way to disk while `work` reads. For `work` that waits for `beforeWriting` and writes records by `updateOnRecord`. If nothing
   * is written, the beginning is with the end.
   */
  runInCommit<T>(
    subject: Subject,
    work: (beginning: Beginning) => Promise<T>,
    notes: (result: T) => readonly Note[],
    alongside?: (result: T) => Promise<unknown>,
  ): Promise<T>
  /** Whether `run` has put this fault on record already. */
  hasNoted(fault: unknown): boolean
}

/** The entry of an operation that begins. It must be on disk no later than anything that the operation writes. */
export interface Beginning {
  /** Writes it in the transaction that it is called in; absent where it is written by itself. */
  readonly inCommit?: () => void
  /** Resolves when something may be written that no commit of records is. Rejects with {@link AuditUnavailable}. */
  beforeWriting(): Promise<void>
  /** That transaction was committed. */
  noteCommitted(): void
  /** Resolves when it is on disk, whoever has brought it there. */
  onDisk(): Promise<void>
}

/** The audit takes no entry, so the operation must not be done. */
export class AuditUnavailable extends Error {}

const UNAVAILABLE = 'the audit cannot be written'

interface Operation extends Beginning {
  end(note: Note): Promise<void>
}

const ACTORS: Readonly<Record<string, AuditEntry['actor']>> = { owner: 'admin', vendor: 'vendor' }
const MAX_AGENT_CHARS = 200

/** @param serverChain for what nobody's team can be told of */
export function createTrail(log: AuditLog, serverChain: string, now: () => number = Date.now): Trail {
  const noted = new WeakSet<object>()

  const chainOf = ({ caller }: Subject): string => caller?.team ?? serverChain

  async function write(chain: string, entry: AuditEntry): Promise<void> {
    try {
      await log.append(chain, entry)
    } catch (cause) {
      throw new AuditUnavailable(UNAVAILABLE, { cause })
    }
  }

  const append = (subject: Subject, operationId: string, note: Note): Promise<void> =>
    write(chainOf(subject), entryOf(subject, operationId, note, now()))

  function begin(subject: Subject, mayJoin: boolean): Operation {
    const operationId = randomUUID()
    const chain = chainOf(subject)
    const begun = entryOf(subject, operationId, { phase: 'begun' }, now())
    const inCommit = mayJoin ? log.inCommit?.(chain, begun) : undefined
    let written: Promise<void> | undefined
    const operation: Operation = {
      end: (note) => append(subject, operationId, note),
      ...(inCommit && {
        inCommit() {
          try {
            inCommit()
          } catch (cause) {
            throw new AuditUnavailable(UNAVAILABLE, { cause })
          }
        },
      }),
      beforeWriting: () => (inCommit ? Promise.resolve() : operation.onDisk()),
      noteCommitted() {
        written ??= Promise.resolve()
      },
      onDisk() {
        written ??= write(chain, begun)
        return written
      },
    }
    return operation
  }

  async function carryOut<T>(
    operation: Operation,
    work: (beginning: Beginning) => Promise<T>,
    notes: (result: T) => readonly Note[],
    alongside?: (result: T) => Promise<unknown>,
  ): Promise<T> {
    let result: Awaited<T>
    try {
      result = await work(operation)
    } catch (fault) {
      if (fault instanceof AuditUnavailable) throw fault
      const phase = isRefusal(fault) ? 'refused' : 'failed'
      if (typeof fault === 'object' && fault !== null) noted.add(fault)
      // Whoever called is to hear of the fault itself; that its end is not on record shows in the beginning without one.
      await Promise.allSettled([operation.onDisk(), operation.end({ phase, details: { reason: nameOf(fault) } })])
      throw fault
    }
    // The beginning, if nothing has taken it to disk yet, before the end.
    await Promise.all([operation.onDisk(), ...notes(result).map(operation.end), alongside?.(result)])
    return result
  }

  return {
    note: (subject, note) => append(subject, randomUUID(), note),

    async run(subject, work, notes, alongside) {
      const operation = begin(subject, false)
      await operation.onDisk()
      return carryOut(operation, work, notes, alongside)
    },

    async runInCommit(subject, work, notes, alongside) {
      const operation = begin(subject, true)
      operation.beforeWriting().catch(() => undefined) // whoever waits for it is told
      return carryOut(operation, work, notes, alongside)
    },

    hasNoted: (fault) => typeof fault === 'object' && fault !== null && noted.has(fault),
  }
}

function entryOf(
  { event, resource, caller, origin = {}, sessionId, deviceTime, details, risk = 0 }: Subject,
  operationId: string,
  note: Note,
  nowMs: number,
): AuditEntry {
  const { phase, conflictId, action } = note
  return {
    entryId: randomUUID(),
    event,
    phase,
    operationId,
    actor: caller ? (ACTORS[caller.grant.role] ?? 'user') : 'system',
    ...(conflictId !== undefined && { conflictId }),
    ...(action !== undefined && { action }),
    resource,
    timestamp: { timestamp: new Date(nowMs).toISOString(), timezone: 'UTC', deviceTime: deviceTime ?? null },
    user: caller
      ? { id: caller.userId, role: caller.grant.role, deviceId: caller.deviceId, sessionId: sessionId ?? null }
      : null,
    security: { ip: origin.ip ?? null, userAgent: origin.userAgent?.slice(0, MAX_AGENT_CHARS) ?? null, risk },
    classification: event === 'export' || event === 'erasure' ? 'restricted' : 'confidential',
    details: { ...(masked(details ?? {}) as object), ...(masked(note.details ?? {}) as object) },
  }
}

/** As HTTP has it: the fault is the caller's. */
function isRefusal(fault: unknown): boolean {
  if (typeof fault !== 'object' || fault === null || !('status' in fault)) return false
  return typeof fault.status === 'number' && fault.status < 500
}

function nameOf(fault: unknown): string {
  if (!(fault instanceof Error)) return typeof fault
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name
}
