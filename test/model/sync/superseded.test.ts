import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { supersededValues } from '../../../model/sync/superseded.ts'
import { ana, ben, cleo, edit, guest, join, newActor, timelineItem } from '../../server/changes/people.ts'

describe('supersededValues', () => {
  const scope = randomUUID()

  it('finds nothing in a new record, an equal one, or one that only gained', () => {
    const item = timelineItem(scope)
    expect(supersededValues(undefined, item)).toEqual([])
    expect(supersededValues(item, item)).toEqual([])
    expect(supersededValues(item, join(item, item))).toEqual([])
    expect(supersededValues(item, edit(item, { location: 'Garden' }))).toEqual([])
  })

  it('names the value, its edit, and the edit that replaced it', () => {
    const item = timelineItem(scope, { title: 'Ceremony', location: 'Garden' }, ana)
    const after = edit(item, { location: 'Chapel' }, ben)
    const [before, now] = [item, after].map((record) => record.units.get('open')?.registers.get('location')?.[0]?.edit)
    expect(supersededValues(item, after)).toEqual([
      {
        readClass: 'open',
        register: 'location',
        actor: ana,
        counter: 1,
        stamp: before?.stamp,
        tag: before?.tag,
        value: 'Garden',
        replacedBy: { actor: ben, counter: 1, stamp: now?.stamp },
      },
    ])
  })

  it('takes the latest of several edits that replaced it', () => {
    const item = timelineItem(scope, { location: 'Garden' }, ana)
    const actors = [ben, cleo, newActor()]
    const after = actors.map((actor) => edit(item, { location: `Chapel of ${actor}` }, actor)).reduce(join)
    expect(supersededValues(item, after)).toMatchObject([{ value: 'Garden', replacedBy: { actor: actors[2] } }])
  })

  it('looks into every read class, and into every member of a set', () => {
    const person = guest(scope, { name: 'Dana', allergies: ['nuts', 'milk'], email: 'dana@example.org' })
    const after = edit(person, { allergies: ['milk'], email: 'dana@example.net' }, ben)
    expect(supersededValues(person, after)).toMatchObject([
      { readClass: 'diet', register: 'allergies/nuts', value: 0, replacedBy: { actor: ben } },
      { readClass: 'private', register: 'email', value: 'dana@example.org', replacedBy: { actor: ben } },
    ])
  })

  it('names nobody when the edit that replaced it is not there any more, or its unit was taken back', () => {
    const item = timelineItem(scope, { title: 'Ceremony', internalNotes: 'surprise' }, ana)
    const open = item.units.get('open')
    const withoutNotes = { ...item, units: new Map(open ? [['open', open]] : []) }
    const lost = supersededValues(item, withoutNotes)
    expect(lost).toMatchObject([{ readClass: 'inner', register: 'internalNotes' }])
    expect(lost[0]).not.toHaveProperty('replacedBy')
  })
})
