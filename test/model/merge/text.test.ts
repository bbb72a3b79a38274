import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editRecord } from '../../../model/merge/edit.ts'
import { liveValues } from '../../../model/merge/record.ts'
import { commonRoots, editText, textOf } from '../../../model/merge/text.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'

const task = (notes: string) => newRecord('tasks', { title: 'Call', notes })
const notesOf = (record: ReturnType<typeof task>) => viewRecord(record).data.notes

describe('text', () => {
  it('[TXT1] keeps what two people typed into different places', () => {
    const [ana, ben] = apart(
      task('Call the florist.'),
      write({ notes: 'Please call the florist.' }),
      write({ notes: 'Call the florist today.' }),
    )
    expect(notesOf(join(ana, ben))).toBe('Please call the florist today.')
    expect(notesOf(join(ben, ana))).toBe(notesOf(join(ana, ben)))
  })

  it('[TXT1] keeps what one person typed where another deleted', () => {
    const [ana, ben] = apart(
      task('one two three'),
      write({ notes: 'one three' }),
      write({ notes: 'one two three four' }),
    )
    expect(notesOf(join(ana, ben))).toBe('one three four')
  })

  it('[TXT2] shows texts that were begun separately one after the other, the earlier first, until the next edit', () => {
    const [ana, ben] = apart(newRecord('tasks', { title: 'Call' }), write({ notes: 'Anas' }), write({ notes: 'Bens' }))
    const both = join(ana, ben)
    const next = editRecord(both, { notes: 'Anas\nand Bens' }, at(30, 'cleo'))
    expect(notesOf(both)).toBe('Anas\nBens')
    expect(notesOf(join(next, both))).toBe('Anas\nand Bens')
    expect([...liveValues(next)].filter(({ register }) => register === 'notes')).toHaveLength(1)
  })

  it('[TXT2] shows the same text begun twice once', () => {
    const [ana, ben] = apart(newRecord('tasks', { title: 'Call' }), write({ notes: 'Same' }), write({ notes: 'Same' }))
    expect(notesOf(join(ana, ben))).toBe('Same')
  })

  it('[TXT3] reads the same however often it is read, without writing', () => {
    const [ana, ben] = apart(task('one'), write({ notes: 'one two' }), write({ notes: 'zero one' }))
    const both = join(ana, ben)
    const before = [...liveValues(both)]
    expect([notesOf(both), notesOf(both), notesOf(both)]).toEqual(['zero one two', 'zero one two', 'zero one two'])
    expect([...liveValues(both)]).toEqual(before)
  })

  const grapheme = fc.constantFrom('a', 'b', ' ', '\n', '😀', '😁', '👩‍👧', 'é', '漢', '🇵🇹')
  const text = fc.array(grapheme, { maxLength: 8 }).map((parts) => parts.join(''))

  it('[TXT4] becomes exactly what its author wrote, emoji included, with any text before', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (versions) => {
        let update: string | undefined
        versions.forEach((version, i) => {
          update = editText(update === undefined ? [] : [update], version, i + 1)
          expect(textOf([update])).toBe(version)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('[TXT4] never cuts an emoji, whatever two people do to it at once', () => {
    fc.assert(
      fc.property(text, text, text, (start, anas, bens) => {
        const root = editText([], start, 1)
        const updates = [editText([root], anas, 2), editText([root], bens, 3)]
        const shown = textOf(updates)
        expect(shown).toBe(textOf([...updates].reverse()))
        expect(shown?.isWellFormed()).toBe(true)
        expect(shown).not.toContain('\uFFFD')
      }),
      { numRuns: 200 },
    )
  })

  it('[TXT2] groups updates by their roots', () => {
    const one = editText([], 'one', 1)
    const two = editText([], 'two', 2)
    expect(commonRoots([one, two, editText([one], 'one more', 3)])).toEqual([[0, 2], [1]])
    expect(commonRoots([one, two, editText([one, two], 'both', 3)])).toEqual([[0, 1, 2]])
  })

  it.each([
    { what: 'begun apart', rooted: false },
    { what: 'of one root, all put in at one place', rooted: true },
  ])(
    '[TXT6][INV8] 10,000 siblings $what are read in a moment',
    ({ rooted }) => {
      const root = editText([], 'Hello', 1)
      const updates = Array.from({ length: 10_000 }, (_, i) => editText(rooted ? [root] : [], `Hello ${i}`, i + 2))
      const start = process.cpuUsage()
      const groups = commonRoots(updates)
      const texts = groups.map((members) => textOf(members.map((index) => updates[index] ?? '')))
      const { user } = process.cpuUsage(start)
      expect(groups).toHaveLength(rooted ? 1 : 10_000)
      expect(texts.join('').length).toBeGreaterThan(10_000)
      expect(user).toBeLessThan(5_000_000)
    },
    60_000,
  )

  it('[TXT5] is not brought down by an update that is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.string({ maxLength: 20 }), (bytes, garbage) => {
        const good = editText([], 'good', 1)
        const bad = [garbage, Buffer.from(bytes).toString('base64url')]
        expect(() => [textOf(bad), commonRoots([good, ...bad])]).not.toThrow()
        expect(textOf([editText([good, ...bad], 'next', 2)])).toBe('next')
      }),
      { numRuns: 200 },
    )
  })
})
