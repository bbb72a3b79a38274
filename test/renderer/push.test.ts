import { describe, expect, it } from 'vitest'
import type { DayItem } from '../../model/timeline/dayItem.ts'
import { minutesTyped, pushedWords, pushLabel, pushLines, pushSummary } from '../../renderer/src/timeline/pushWords.ts'
import { iso, item, LISBON, ofData, push } from '../model/timeline/dayHelpers.ts'

const dinner = [
  item('Starter', '18:00–18:30'),
  item('Speech', '18:30–18:45'),
  item('Slack', '18:45–18:55', { buffer: true }),
  item('Main', '18:55–19:40'),
]
const portraits = item('Portraits', '19:45–20:00', { fixed: true })

function summary(items: readonly DayItem[], from: string, minutes: number): string {
  return pushSummary(push(items, from, minutes), LISBON)
}

function lines(items: readonly DayItem[], from: string, minutes: number): readonly string[] {
  return pushLines(push(items, from, minutes), LISBON).map(({ kind, before, after, title, note }) =>
    [kind, before, after, title, note].filter((part) => part !== undefined).join(' | '),
  )
}

describe('the preview of a push', () => {
  it('lists old and new times, and what is left of slack', () => {
    expect(lines(dinner, 'Speech', 15)).toEqual([
      'moves | 18:30 | 18:45 | Speech',
      'slack | 18:45 | 19:00 | Slack | Slack: 10 min used, nothing left',
      'moves | 18:55 | 19:00 | Main',
    ])
    expect(summary(dinner, 'Speech', 15)).toBe('Slack takes up 10 min of the 15 min.')
  })

  it('says where slack takes up everything', () => {
    expect(lines(dinner, 'Speech', 6).at(-1)).toBe('slack | 18:45 | 18:51 | Slack | Slack: 6 min used, 4 min left')
    expect(summary(dinner, 'Speech', 6)).toBe('Slack takes up all 6 min. From “Main” on nothing changes.')
  })

  it('says how many minutes a fixed item costs, and what free time takes up', () => {
    expect(lines([...dinner, portraits], 'Main', 15).at(-1)).toBe('lost | 19:45 | Portraits | Fixed: 10 min lost')
    expect(summary([...dinner, portraits], 'Main', 15)).toBe(
      'Free time before “Portraits” takes up 5 min; 10 min lost, since it is fixed at 19:45.',
    )
    expect(summary([...dinner, portraits], 'Main', 5)).toBe(
      'Free time before “Portraits” takes up 5 min. It is fixed at 19:45, and nothing after it changes.',
    )
    const close = item('Sunset', '19:40', { fixed: true })
    expect(summary([...dinner, close], 'Main', 5)).toBe('5 min lost: “Sunset” is fixed at 19:40.')
  })

  it('counts the overlaps that it makes', () => {
    const leave = item('Photographers leave', '19:40–19:50', { fixed: true, location: 'Barn' })
    expect(summary([item('Main', '18:55–19:40', { location: 'Barn' }), leave], 'Main', 5)).toBe(
      '5 min lost: “Photographers leave” is fixed at 19:40. 1 new overlap.',
    )
  })

  it('shows what waits for a decision, unless the push ends before it', () => {
    const contested = (title: string, times: string) => ({ ...item(title, times), contested: true })
    const items = [...dinner, contested('Toast', '18:40'), portraits, contested('Cake', '21:00')]
    expect(lines(items, 'Speech', 5)).toContain('waits | 18:40 | Toast | Two times are written for it. Decide first.')
    expect(lines(items, 'Speech', 5).join()).not.toContain('Cake')
  })

  it('says why no more can be pulled earlier', () => {
    const items = [item('Vows', '17:30–17:55'), ...dinner, portraits]
    expect(summary(items, 'Starter', -10)).toBe('Only 5 of 10 min earlier: “Vows” is planned until 17:55.')
    expect(lines(items, 'Starter', -10).at(-1)).toBe('stays | 19:45 | Portraits | Fixed: what follows it stays')
    expect(summary(items, 'Speech', -10)).toBe('No earlier: “Starter” is planned until 18:30.')
    expect(lines(items, 'Speech', -10)).toEqual([
      'stays | 18:30 | Speech | No room',
      'stays | 18:45 | Slack | No room',
      'stays | 18:55 | Main | No room',
    ])
  })

  it('says on which side of a change of the clocks a time lies', () => {
    // 01:55 in summer time; ten minutes later it is 01:05 in winter time.
    const disco = ofData('Disco', { startTime: '2026-10-25T00:55:00Z' })
    expect(lines([disco], 'Disco', 10)).toEqual(['moves | 01:55 UTC+1 | 01:05 UTC+0 | Disco'])
  })

  it('counts what it will write', () => {
    expect(pushLabel(push(dinner, 'Main', 5))).toBe('Push 1 item')
    expect(pushLabel(push(dinner, 'Speech', 15))).toBe('Push 3 items')
    expect(pushedWords(push(dinner, 'Speech', 75))).toBe('“Speech” and what follows: 1 h 15 min later')
    expect(pushedWords(push(dinner, 'Speech', -5))).toBe('“Speech” and what follows: 5 min earlier')
    expect(summary(dinner, 'Main', 5)).toBe('The rest of the day moves along.')
    expect(summary([item('Kiss', '15:00', { done: true })], 'Kiss', 5)).toBe('Nothing can move here.')
    expect(iso('18:00')).toBe('2026-06-13T17:00:00Z')
  })
})

describe('the minutes that a person types', () => {
  it.each([
    ['15', 15],
    [' +5 ', 5],
    ['-10', -10],
    ['−10', -10],
    ['0', 0],
    ['', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['1000', undefined],
    ['soon', undefined],
  ])('%j is %j', (text, minutes) => {
    expect(minutesTyped(text)).toBe(minutes)
  })
})
