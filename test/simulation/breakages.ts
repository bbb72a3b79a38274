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
    from: 'const refused = await receiveChanges(',
    to: "await cursors.received.set(scope, seq)\n    send({ type: 'ack', scope, seq, refused: [] })\n    const refused = await receiveChanges(",
  },
  {
    name: 'takes what it was not allowed to take',
    rule: /: (INV2): /,
    file: 'model/sync/inbox.ts',
    from: 'leap(theirs, mine) ?? rules.refusal(theirs, mine)',
    to: 'leap(theirs, mine)',
  },
  {
    name: 'sends back nothing, also where a join has made something new',
    rule: /: (completeness|liveness): /,
    file: 'model/sync/inbox.ts',
    from: 'const unaltered = shared !== undefined && sameRecord(shared, theirs)',
    to: 'const unaltered = shared !== undefined',
  },
  {
    name: 'sends what the peer may not read',
    rule: /: (INV6): /,
    file: 'model/sync/outbox.ts',
    from: 'rules.mayRead(record.table, readClass)',
    to: 'rules.mayRead(record.table, readClass) || true',
  },
  {
    name: 'forgets that a scope has changed while it is sending',
    rule: /: (liveness|completeness): /,
    file: 'model/sync/outbox.ts',
    from: '    touch(scope) {\n      dirty.add(scope)',
    to: '    touch(scope) {\n      if (!busy) dirty.add(scope)',
  },
  {
    name: 'never notices that a line is dead',
    rule: /: (liveness): /,
    file: 'model/sync/session.ts',
    from: 'scheduler.elapsed() - lastHeard > SILENCE_MS',
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
    name: 'keeps one of two values that have not seen each other',
    rule: /: (liveness|INV4): /,
    file: 'model/merge/unit.ts',
    from: 'if (their && order > 0 && !covers(myVector, their.edit)) joined.push(their)',
    to: 'if (their && order > 0 && !covers(myVector, their.edit) && mine.length === 0) joined.push(their)',
  },
  {
    name: 'lets a value go that the other side has not seen',
    rule: /: (liveness|INV4): /,
    file: 'model/merge/unit.ts',
    from: '(order < 0 && !covers(theirVector, my.edit))',
    to: '(order < 0 && theirVector.size === 0)',
  },
]
