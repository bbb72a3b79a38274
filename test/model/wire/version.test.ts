import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { plainAck } from '../../../model/wire/ack.ts'
import { hello } from '../../../model/wire/hello.ts'
import { message } from '../../../model/wire/index.ts'
import { agreedProtocol, HISTORY, MIN_PROTOCOL, PROTOCOL } from '../../../model/wire/version.ts'

function fingerprint(schemas: readonly z.ZodType[]): string {
  const texts = schemas.map((schema) => canonicalJson(z.toJSONSchema(schema)))
  return createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16)
}

const typeOf = (schema: (typeof message.options)[number]): string => schema.shape.type.value

/** The messages as protocol 1 had them, made of those of today. */
const protocol1 = message.options
  .filter((schema) => typeOf(schema) !== 'presence')
  .map((schema) => {
    if (typeOf(schema) === 'ack') return plainAck
    return typeOf(schema) === 'hello' ? z.strictObject(hello.shape) : schema
  })

describe('the protocol', () => {
  it('[SYN1] has the fingerprint that its version says: a changed message needs a new version and a line of history', () => {
    expect({ protocol: PROTOCOL, fingerprint: fingerprint(message.options) }).toEqual({
      protocol: HISTORY.at(-1)?.protocol,
      fingerprint: HISTORY.at(-1)?.fingerprint,
    })
    expect(HISTORY.map(({ protocol }) => protocol)).toEqual(HISTORY.map((_, i) => i + 1))
  })

  it('[SYN1] the messages that a peer of protocol 1 is sent are those that protocol 1 had', () => {
    expect(fingerprint(protocol1)).toBe(HISTORY[0]?.fingerprint)
  })

  it('[SYN2] is the lower of what both speak, and none below the minimum', () => {
    expect([agreedProtocol(1), agreedProtocol(PROTOCOL), agreedProtocol(99)]).toEqual([1, PROTOCOL, PROTOCOL])
    expect([agreedProtocol(2, 5, 3), agreedProtocol(5, 2, 1), agreedProtocol(3, 5, 3)]).toEqual([undefined, 2, 3])
    expect(MIN_PROTOCOL).toBeLessThanOrEqual(PROTOCOL)
  })

  it('[SYN2] a hello may hold more than this version knows', () => {
    const known = {
      type: 'hello',
      protocol: 9,
      epoch: 'x'.repeat(11),
      deviceId: 'd',
      deviceName: 'n',
      team: null,
      now: 1,
    }
    expect(message.parse({ ...known, ofTheFuture: true })).toEqual(known)
  })
})
