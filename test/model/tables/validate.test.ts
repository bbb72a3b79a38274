import { describe, expect, it } from 'vitest'
import { isDeeperThan, validateData, writableData } from '../../../model/tables/validate.ts'

const ID = '0190c0de-0000-7000-8000-000000000001'

describe('validateData', () => {
  it('asks for required fields when creating, and only then', () => {
    expect(validateData('weddings', {}, 'create')).toEqual(['name: Required', 'date: Required'])
    expect(validateData('weddings', {}, 'update')).toEqual([])
  })

  it('takes null for any field but a required one', () => {
    expect(validateData('guests', { tableNumber: null, email: null }, 'update')).toEqual([])
    expect(validateData('guests', { name: null }, 'update')).toEqual(['name: Required'])
    expect(validateData('guests', { name: '  ' }, 'create')).toHaveLength(1)
  })

  it('says what is wrong with each field, with the path within it', () => {
    expect(validateData('timeline_items', { startTime: '15:20', people: ['A', 7] }, 'update')).toEqual([
      'startTime: Invalid ISO datetime',
      'people.1: Invalid input: expected string, received number',
    ])
    expect(validateData('timeline_items', { startTime: '2026-09-12T15:20:00+02:00' }, 'update')).toHaveLength(1)
  })

  it('keeps unknown fields, within bounds', () => {
    expect(validateData('tasks', { newIdea: { a: [1, 'x'] } }, 'update')).toEqual([])
    expect(validateData('tasks', { newIdea: 'x'.repeat(10_001) }, 'update')).toHaveLength(1)
  })

  it('bounds the texts within an object too, in fields that it knows and others', () => {
    const answers = (length: number) => ({ formId: ID, data: { pages: [{ answer: 'x'.repeat(length) }] } })
    expect(validateData('form_drafts', answers(10_000), 'create')).toEqual([])
    expect(validateData('form_drafts', answers(10_001), 'create')).toEqual([
      'data: Contains a text of more than 10000 characters',
    ])
    expect(validateData('tasks', { newIdea: ['x'.repeat(10_001)] }, 'update')).toHaveLength(1)
  })

  it.each(['__proto__', 'constructor', 'prototype', '$deleted', '', 'x'.repeat(65)])('refuses the name %j', (name) => {
    const data = JSON.parse(`{${JSON.stringify(name)}: 1}`)
    expect(validateData('tasks', data, 'update')).toEqual([`${name}: Not a possible field name`])
  })

  it('refuses data nested more than 16 levels deep, itself included', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })
    expect(validateData('tasks', { a: nested(15) }, 'update')).toEqual([])
    expect(validateData('tasks', { a: nested(16) }, 'update')).toEqual(['a: Nested more than 16 levels deep'])
    expect(isDeeperThan(nested(3), 3)).toBe(false)
    expect(isDeeperThan(nested(4), 3)).toBe(true)
  })

  it('knows no field of an unknown table', () => {
    expect(validateData('toString', {}, 'create')).toEqual(['table: Unknown table "toString"'])
  })
})

describe('writableData', () => {
  it('drops what the server sets, and nothing else', () => {
    const row = {
      id: 1,
      wedding_id: 1,
      weddingId: 1,
      user_id: 1,
      version: 1,
      created_at: 1,
      updated_at: 1,
      updated_by: 1,
    }
    expect(writableData({ ...row, device_id: 1, name: 'Dana', userId: 'x' })).toEqual({ name: 'Dana', userId: 'x' })
  })

  it('leaves a key __proto__ for validation to refuse', () => {
    const data = writableData(JSON.parse('{"__proto__": {"a": 1}}'))
    expect(Object.keys(data)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
  })
})
