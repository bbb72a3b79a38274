import { describe, expect, it } from 'vitest'
import { type DayItem, dayItem } from '../../../model/timeline/dayItem.ts'
import { planEdits, type TimesEdit, undoEdits } from '../../../model/timeline/planEdits.ts'
import { iso, item, ofData, push } from './dayHelpers.ts'

/** The data of items as records hold them, edits written over it. */
type Day = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function items(day: Day): readonly DayItem[] {
  return Object.entries(day).map(([title, data]) => ofData(title, data))
}

function write(day: Day, edits: readonly TimesEdit[]): Day {
  return { ...day, ...Object.fromEntries(edits.map(({ id, data }) => [id, { ...day[id], ...data }])) }
}

const day: Day = {
  Speech: { startTime: iso('18:30'), endTime: '2026-06-13T17:45:00.000Z' },
  Slack: { startTime: iso('18:45'), endTime: iso('18:55'), buffer: true },
  Main: { startTime: iso('18:55'), durationMin: 45 },
  Dessert: { startTime: iso('19:50'), endTime: 'about nine' },
  Someday: {},
}

describe('the edits of a push', () => {
  it('1. write only what changed: a slack that keeps its end gets a new start alone', () => {
    expect(planEdits(push(items(day), 'Speech', 5))).toEqual([
      { id: 'Speech', data: { startTime: iso('18:35'), endTime: iso('18:50') } },
      { id: 'Slack', data: { startTime: iso('18:50') } },
    ])
  })

  it('2. write no end where the length comes from the duration, or where there is none', () => {
    expect(planEdits(push(items(day), 'Main', 5))).toEqual([
      { id: 'Main', data: { startTime: iso('19:00') } },
      { id: 'Dessert', data: { startTime: iso('19:55') } },
    ])
  })

  it('3. write the end of a slack that was known by its duration', () => {
    const slack = ofData('Slack', { startTime: iso('18:45'), durationMin: 20, buffer: true })
    expect(planEdits(push([slack], 'Slack', 5))).toEqual([
      { id: 'Slack', data: { startTime: iso('18:50'), endTime: iso('19:05') } },
    ])
  })
})

describe('undoing a push', () => {
  it('4. puts back what it replaced, letter by letter', () => {
    const plan = push(items(day), 'Speech', 15)
    const pushed = write(day, planEdits(plan))
    const undo = undoEdits(plan, items(pushed))
    expect(undo.changedMeanwhile).toEqual([])
    expect(write(pushed, undo.edits)).toEqual(day)
  })

  it('5. takes the end of a slack away that the push had to write', () => {
    const slack: Day = { Slack: { startTime: iso('18:45'), durationMin: 20, buffer: true } }
    const plan = push(items(slack), 'Slack', 5)
    const pushed = write(slack, planEdits(plan))
    const undone = write(pushed, undoEdits(plan, items(pushed)).edits)
    expect(undone.Slack).toEqual({ ...slack.Slack, endTime: null })
    expect(items(undone)).toEqual(items(slack))
  })

  it('6. leaves alone what somebody changed since, and says so', () => {
    const plan = push(items(day), 'Speech', 15)
    const pushed = write(day, planEdits(plan))
    const since = write(pushed, [
      { id: 'Speech', data: { endTime: iso('19:20') } },
      { id: 'Main', data: { startTime: iso('19:30') } },
    ])
    const undo = undoEdits(plan, items(since))
    expect(undo.changedMeanwhile.map(({ title }) => title)).toEqual(['Speech', 'Main'])
    expect(undo.edits.map(({ id }) => id)).toEqual(['Slack', 'Dessert'])
  })

  it('7. leaves alone what was deleted since, and what waits for a decision', () => {
    const plan = push(items(day), 'Main', 15)
    const contested = dayItem({
      id: 'Dessert',
      data: { startTime: iso('20:05'), endTime: 'about nine' },
      siblings: { startTime: [] },
    })
    expect(undoEdits(plan, [contested])).toMatchObject({
      edits: [],
      changedMeanwhile: [{ title: 'Main' }, { title: 'Dessert' }],
    })
  })

  it('8. still works after a tick: the times are as the push wrote them', () => {
    const plan = push([item('Kiss', '15:30–15:35')], 'Kiss', 5)
    expect(undoEdits(plan, [item('Kiss', '15:35–15:40', { done: true })]).edits).toEqual([
      { id: 'Kiss', data: { startTime: iso('15:30'), endTime: iso('15:35') } },
    ])
  })
})
