/**
 * The version of the protocol, with what each one changed. A test compares the fingerprint of the message schemas with
 * the last line: whoever changes a message changes the version too, and writes down here what is new.
 */
export interface ProtocolVersion {
  readonly protocol: number
  readonly change: string
  /** SHA-256 of the JSON schemas of all messages, the first 16 digits. */
  readonly fingerprint: string
}

export const HISTORY: readonly ProtocolVersion[] = [
  {
    protocol: 1,
    change: 'hello, resume, changes, ack, digest, verdict, probe, nodes, repair, resend, ping, pong, error, bye',
    fingerprint: '26402cec6ec9195a',
  },
  {
    protocol: 2,
    change: 'records as deltas; ack asks for whole records and says how long it took; presence; hello may grow',
    fingerprint: '3882358527a0c6d9',
  },
  {
    protocol: 3,
    change: 'ack says of which refused records nothing is there',
    fingerprint: 'b212de897e1ec9e4',
  },
  {
    protocol: 4,
    change: 'ack says how many messages it answers',
    fingerprint: '834f6a22497bc710',
  },
]

/** The newest that we speak. With an older peer we speak what it does. */
export const PROTOCOL = 4
/** A peer that does not speak at least this is refused, and told to update. */
export const MIN_PROTOCOL = 1

/** Which protocol two replicas speak, or `undefined` if there is none that both do. */
export function agreedProtocol(theirs: number, ours = PROTOCOL, least = MIN_PROTOCOL): number | undefined {
  const common = Math.min(theirs, ours)
  return common < least ? undefined : common
}
