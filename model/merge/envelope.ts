import { z } from 'zod'

/**
 * How a register's value is written down: a sealed value as `{$sealed:{keyId, data}}`, an open one as itself. An open
 * value that is an object with a key beginning with `$` is wrapped as `{$plain: value}`, so that nothing a person writes
 * can pass for a sealed value.
 */
export type Envelope = unknown

const sealed = z.strictObject({ $sealed: z.strictObject({ keyId: z.string().max(64), data: z.string() }) })
export type SealedValue = z.infer<typeof sealed>['$sealed']

export function openEnvelope(value: unknown): Envelope {
  const needsWrap = isObject(value) && Object.keys(value).some((key) => key.startsWith('$'))
  return needsWrap ? { $plain: value } : value
}

/** What a sealed value consists of; `undefined` if the envelope is an open one. Only who opens it finds out whether it is good. */
export function readSealed(envelope: Envelope): SealedValue | undefined {
  if (!isObject(envelope) || !Object.hasOwn(envelope, '$sealed')) return undefined
  return sealed.safeParse(envelope).data?.$sealed
}

export function isSealed(envelope: Envelope): boolean {
  return readSealed(envelope) !== undefined
}

/** The value of an envelope; a sealed one is returned as it is, for whoever holds the key. */
export function envelopeValue(envelope: Envelope): unknown {
  return isObject(envelope) && Object.hasOwn(envelope, '$plain') ? envelope.$plain : envelope
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
