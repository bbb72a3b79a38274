import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../../model/bytes.ts'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { envelopeValue, isSealed, openEnvelope } from '../../../model/merge/envelope.ts'
import { isFieldName, parseRegister, registerName } from '../../../model/merge/registers.ts'
import { sipHash24 } from '../../../model/merge/sipHash.ts'
import { editTag } from '../../../model/merge/tag.ts'

describe('tag of an edit', () => {
  const unit = { recordId: 'r', readClass: 'open' }
  const dot = { actor: 'ana________', counter: 1 }
  const tag = editTag('key', unit, dot, new Map([['name', 'Ada']]))

  it('[REG9] is eight bytes and the same for the same edit, whatever the order of its fields', () => {
    const fields: [string, unknown][] = [
      ['name', { a: 1, b: 2 }],
      ['side', 'bride'],
    ]
    const turned: [string, unknown][] = [
      ['side', 'bride'],
      ['name', { b: 2, a: 1 }],
    ]
    expect(fromBase64Url(tag)).toHaveLength(8)
    expect(editTag('key', unit, dot, new Map(fields))).toBe(editTag('key', unit, dot, new Map(turned)))
  })

  it('[REG9] is SipHash, under the SHA-256 of its key, of the canonical JSON of unit, dot and values', () => {
    const values = { 'tags/brass band': 0, title: 'Ceremony', note: null }
    const words = new Uint32Array(sha256(utf8ToBytes('key')).buffer).slice(0, 4)
    const [a = 0, b = 0, c = 0, d = 0] = words
    for (const title of ['Ceremony', 'Brúðkaup 💍 "here"', 'long '.repeat(1_000), '\ud800']) {
      const fields = { ...values, title }
      const text = canonicalJson([unit.recordId, unit.readClass, dot.actor, dot.counter, fields])
      const expected = sipHash24([a, b, c, d], utf8ToBytes(text))
      expect(editTag('key', unit, dot, new Map(Object.entries(fields)))).toBe(expected)
    }
  })

  it.each([
    { what: 'another value', other: editTag('key', unit, dot, new Map([['name', 'Eda']])) },
    { what: 'another field', other: editTag('key', unit, dot, new Map([['side', 'Ada']])) },
    {
      what: 'one more field',
      other: editTag(
        'key',
        unit,
        dot,
        new Map([
          ['name', 'Ada'],
          ['side', ''],
        ]),
      ),
    },
    { what: 'another counter', other: editTag('key', unit, { ...dot, counter: 2 }, new Map([['name', 'Ada']])) },
    { what: 'another actor', other: editTag('key', unit, { ...dot, actor: 'b' }, new Map([['name', 'Ada']])) },
    { what: 'another class', other: editTag('key', { ...unit, readClass: 'diet' }, dot, new Map([['name', 'Ada']])) },
    { what: 'another record', other: editTag('key', { ...unit, recordId: 's' }, dot, new Map([['name', 'Ada']])) },
    { what: 'another key', other: editTag('yek', unit, dot, new Map([['name', 'Ada']])) },
    { what: 'null', other: editTag('key', unit, dot, new Map([['name', null]])) },
    { what: 'the text "null"', other: editTag('key', unit, dot, new Map([['name', 'null']])) },
  ])('[REG9] is different for $what', ({ other }) => {
    expect(other).not.toBe(tag)
  })
})

describe('envelope', () => {
  it('[REG10] gives back any value, and no open value passes for a sealed one', () => {
    const dollars = fc.dictionary(fc.constantFrom('$sealed', '$plain', '$x', 'a'), fc.jsonValue({ maxDepth: 2 }))
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), dollars), (value) => {
        const envelope = openEnvelope(value)
        expect(envelopeValue(envelope)).toEqual(value)
        expect(isSealed(envelope)).toBe(false)
      }),
    )
  })

  it('[REG10] leaves a sealed value as it is', () => {
    const sealed = { $sealed: { keyId: 'k', data: 'AAAA' } }
    expect(isSealed(sealed)).toBe(true)
    expect(envelopeValue(sealed)).toEqual(sealed)
    expect(isSealed(openEnvelope(sealed))).toBe(false)
  })
})

describe('names of registers', () => {
  it('[SET4] can be taken apart again, whatever is in them', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('a/b', '~', '~0', '~1', '~01', '/', '//', '$deleted'))
    fc.assert(
      fc.property(part, fc.option(part, { nil: undefined }), (field, member) => {
        const name = member === undefined ? { field } : { field, member }
        expect(parseRegister(registerName(name))).toEqual(name)
      }),
    )
  })

  it.each(['', '$deleted', '$x', '__proto__', 'constructor', 'prototype', 'x'.repeat(65)])(
    '[COD5] %o names no field',
    (name) => {
      expect(isFieldName(name)).toBe(false)
    },
  )
})

describe('canonical JSON', () => {
  it('[REG9] is equal for equal values and keeps what JSON keeps', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('base64url', () => {
  it('agrees with Node in both directions', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each(['=', 'AA==', 'A A', 'Ä', '+/'])('%o is none', (text) => {
    expect(fromBase64Url(text)).toBeUndefined()
  })
})
