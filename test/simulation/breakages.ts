/** Ways to break the engine and the merge core on purpose. The simulation must notice each of them. */
export interface Breakage {
  readonly name: string
  /** By what it is found out. */
  readonly rule: RegExp
  readonly file: string
  /** Stands in the file exactly once. */
  readonly from: string
  readonly to: string
}

export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'moves its cursor and acknowledges before it has committed',
    rule: /: (completeness): /,
    file: 'model/sync/session.ts',
    from: 'const { refused, needs, takenBack, absent } = await receiveChanges(',
    to: "arrivals.settle(scope, seq, [], [])\n    await known.cursors.save()\n    send({ type: 'ack', scope, seq, refused: [] })\n    const { refused, needs, takenBack, absent } = await receiveChanges(",
  },
  {
    name: 'takes what it was not allowed to take',
    rule: /: (INV2|INV6): /,
    file: 'model/sync/inbox.ts',
    from: 'leap(theirs, mine) ?? rules.refusal(theirs, mine)',
    to: 'leap(theirs, mine)',
  },
  {
    name: 'sends back nothing, also where a join has made something new',
    rule: /: (completeness|liveness): /,
    file: 'model/sync/inbox.ts',
    from: 'const unaltered = shared !== undefined && hasSeenAll(held, shared)',
    to: 'const unaltered = shared !== undefined',
  },
  {
    name: 'sends what the peer may not read',
    rule: /: (INV6): /,
    file: 'model/sync/outgoing.ts',
    from: 'rules.mayRead(record, readClass)',
    to: 'rules.mayRead(record, readClass) || true',
  },
  {
    name: 'takes back what its role does not allow without having given up the actor',
    rule: /: (REG8|liveness): /,
    file: 'model/sync/ownTrust.ts',
    from: 'own.has(actor) && actor !== actors.current()',
    to: 'own.has(actor)',
  },
  {
    name: 'takes an edit back of which it has kept no draft',
    rule: /: (monotonic reads): /,
    file: 'model/sync/inbox.ts',
    from: 'await keepDraft(state, peerEpoch, taken.draft)',
    to: '',
  },
  {
    name: 'takes a record out of which it has kept no draft',
    rule: /: (monotonic reads): /,
    file: 'model/sync/takeOut.ts',
    from: 'await keepDraft(state, peerEpoch, taken.draft)',
    to: '',
  },
  {
    name: 'forgets that a scope has changed while it is sending',
    rule: /: (liveness|completeness): /,
    file: 'model/sync/outbox.ts',
    from: 'if (remainder) remainder.news = true\n      else early.add(scope)',
    to: 'if (remainder) remainder.news ||= !busy\n      else early.add(scope)',
  },
  {
    name: 'never notices that a line is dead',
    rule: /: (liveness): /,
    file: 'model/sync/heartbeat.ts',
    from: 'now - lastHeard > SILENCE_MS',
    to: 'lastHeard < 0',
  },
  {
    name: 'thinks that all digests are equal',
    rule: /: (liveness): /,
    file: 'model/sync/verification.ts',
    from: 'return own.size === entries.length && entries.every(',
    to: 'return own.size < 0 || true || entries.every(',
  },
  {
    name: 'applies a delta to a record that lacks what it builds on',
    rule: /: (INV4|INV6|liveness|completeness): /,
    file: 'model/merge/delta.ts',
    from: 'if (coversAll(mine.vector, unit.since)) units.set',
    to: 'if (coversAll(mine.vector, mine.vector)) units.set',
  },
  {
    name: 'lets a value go that the other side has not seen',
    rule: /: (liveness|INV4): /,
    file: 'model/merge/unit.ts',
    from: 'if (order !== 0 && !isUnseen) continue',
    to: 'if (order !== 0 && other.vector.size > 0) continue',
  },
]
