/** The messages between two replicas, one file each, JSON in text frames of a WebSocket. Versions: `version.ts`. */
import { z } from 'zod'
import { err, ok, type Result } from '../result.ts'
import { ack } from './ack.ts'
import { changes, changesText, MAX_CHANGES } from './changes.ts'
import { bye, failure, ping, pong } from './control.ts'
import { digest, resend, verdict } from './digest.ts'
import { isFrequent } from './frequent.ts'
import { hello } from './hello.ts'
import { nodes } from './nodes.ts'
import { presence } from './presence.ts'
import { probe } from './probe.ts'
import { repair } from './repair.ts'
import { resume } from './resume.ts'

export { changesText, MAX_CHANGES }
/** A frame larger than this is refused before it is parsed. */
export const MAX_MESSAGE_BYTES = 4_000_000

export const message = z.discriminatedUnion('type', [
  hello,
  resume,
  changes,
  ack,
  digest,
  verdict,
  probe,
  nodes,
  repair,
  resend,
  presence,
  ping,
  pong,
  failure,
  bye,
])

export type Message = z.infer<typeof message>
export type Hello = z.infer<typeof hello>
export type Changes = z.infer<typeof changes>
export type Ack = z.infer<typeof ack>
export type Digest = z.infer<typeof digest>
export type Verdict = z.infer<typeof verdict>
export type Probe = z.infer<typeof probe>
export type Nodes = z.infer<typeof nodes>
export type Repair = z.infer<typeof repair>
export type Presence = z.infer<typeof presence>
export type Resend = z.infer<typeof resend>
export type Ping = z.infer<typeof ping>
export type Pong = z.infer<typeof pong>

export interface BadMessage {
  readonly kind: 'bad-message'
  readonly reason: string
}

export function parseMessage(text: string): Result<Message, BadMessage> {
  if (text.length > MAX_MESSAGE_BYTES) return bad(`a message of ${text.length} characters is too large`)
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return bad('a message is not JSON')
  }
  if (isFrequent(raw)) return ok(raw)
  const parsed = message.safeParse(raw)
  if (parsed.success) return ok(parsed.data)
  const [issue] = parsed.error.issues
  return bad(`${issue?.path.join('.') || 'message'}: ${issue?.message}`)
}

function bad(reason: string): { readonly ok: false; readonly error: BadMessage } {
  return err({ kind: 'bad-message', reason })
}
