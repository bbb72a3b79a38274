import { describe, expect, it } from 'vitest'
import { dayItem } from '../../../model/timeline/dayItem.ts'
import { pushFrom } from '../../../model/timeline/pushFrom.ts'
import { DAY, iso, item, LISBON, moved, NEXT_DAY, ofData, push, stayed } from './dayHelpers.ts'

const dinner = [
  item('Starter', '18:00–18:30'),
  item('Speech', '18:30–18:45'),
  item('Slack', '18:45–18:55', { buffer: true }),
  item('Main', '18:55–19:40'),
  item('Dessert', '19:50–20:10'),
]

describe('pushing later', () => {
  it('1. moves the item and everything after it, and nothing before it', () => {
    const plan = push([item('Vows', '15:00–15:30'), item('Kiss', '15:30–15:35'), item('Rice', '15:35')], 'Kiss', 15)
    expect(moved(plan)).toEqual(['Kiss 15:45–15:50', 'Rice 15:50'])
    expect(stayed(plan)).toEqual(['Vows: before'])
  })

  it('2. goes down the day as the timeline shows it: by start, then by rank', () => {
    const items = [
      item('Second', '12:20–12:50', { rank: '2' }),
      item('Third', '12:20–12:50', { rank: '3' }),
      item('First', '12:20–12:50', { rank: '1' }),
    ]
    expect(moved(push(items, 'Second', 5))).toEqual(['Second 12:25–12:55', 'Third 12:25–12:55'])
  })

  it('3. eats slack before the next item moves, and says what is left of it', () => {
    const plan = push(dinner, 'Speech', 6)
    expect(moved(plan)).toEqual(['Speech 18:36–18:51', 'Slack 18:51–18:55'])
    expect(plan.moves[1]?.eaten).toEqual({ minutes: 6, leftMinutes: 4 })
    expect(stayed(plan)).toEqual(['Starter: before', 'Main: absorbed', 'Dessert: absorbed'])
    expect(plan).toMatchObject({ eatenMinutes: 6, lostMinutes: 0 })
  })

  it('4. moves what follows by the rest once the slack is gone, gaps and all', () => {
    const plan = push(dinner, 'Speech', 15)
    expect(moved(plan)).toEqual(['Speech 18:45–19:00', 'Slack 19:00–19:00', 'Main 19:00–19:45', 'Dessert 19:55–20:15'])
    expect(plan.moves[1]?.eaten).toEqual({ minutes: 10, leftMinutes: 0 })
  })

  it('5. eats one slack after the other', () => {
    const items = [...dinner, item('More slack', '20:10–20:30', { buffer: true }), item('Cake', '20:30–20:40')]
    const plan = push(items, 'Speech', 25)
    expect(moved(plan).slice(-2)).toEqual(['Dessert 20:05–20:25', 'More slack 20:25–20:30'])
    expect(plan).toMatchObject({ eatenMinutes: 25, lostMinutes: 0 })
  })

  it('6. keeps the order of what is planned to begin while slack runs', () => {
    const items = [
      item('Confetti', '15:10–15:25'),
      item('Slack', '15:25–15:35', { buffer: true }),
      item('Drinks', '15:30–17:20'),
      item('Family photos', '15:35–16:20'),
    ]
    expect(moved(push(items, 'Confetti', 15))).toEqual([
      'Confetti 15:25–15:40',
      'Slack 15:40–15:40',
      'Drinks 15:40–17:30',
      'Family photos 15:40–16:25',
    ])
  })

  it('7. counts minutes once where two slacks run side by side', () => {
    const items = [
      item('Hair', '10:00–10:30'),
      item('Slack of hair', '10:30–10:40', { buffer: true }),
      item('Slack of flowers', '10:30–10:40', { buffer: true }),
      item('Dress', '10:40–11:00'),
    ]
    const plan = push(items, 'Hair', 15)
    expect(moved(plan).at(-1)).toBe('Dress 10:45–11:05')
    expect(plan.eatenMinutes).toBe(10)
  })

  it('8. starts with slack, if that is where somebody pushes from', () => {
    expect(moved(push(dinner, 'Slack', 5))).toEqual(['Slack 18:50–18:55'])
  })
})

describe('what cannot move', () => {
  const evening = [
    item('Dance', '22:00–22:20'),
    item('Band', '22:20–23:00'),
    item('Coach', '23:00–23:45', { fixed: true }),
    item('Disco', '23:10–23:50'),
  ]

  it('9. ends the push: nothing after it moves, and the minutes are lost', () => {
    const plan = push(evening, 'Dance', 15)
    expect(moved(plan)).toEqual(['Dance 22:15–22:35', 'Band 22:35–23:15'])
    expect(stayed(plan)).toEqual(['Coach: fixed', 'Disco: after-fixed'])
    expect(plan).toMatchObject({ lostMinutes: 15, stop: { item: { id: 'Coach' }, arrivedMinutes: 15 } })
  })

  it('10. loses nothing that free time before it takes up', () => {
    const items = [item('Dance', '22:00–22:50'), ...evening.slice(2)]
    expect(push(items, 'Dance', 10)).toMatchObject({ lostMinutes: 0, stop: { arrivedMinutes: 10, freeMinutes: 10 } })
    expect(push(items, 'Dance', 15)).toMatchObject({ lostMinutes: 5, stop: { arrivedMinutes: 15, freeMinutes: 10 } })
  })

  it('11. loses nothing that slack takes up', () => {
    const items = [evening[0], item('Slack', '22:20–23:00', { buffer: true }), evening[2]].filter((it) => !!it)
    expect(push(items, 'Dance', 15)).toMatchObject({ lostMinutes: 0, eatenMinutes: 15 })
  })

  it('12. lets nothing begin after it that was planned before it', () => {
    const plan = push(evening, 'Band', 60)
    expect(moved(plan)).toEqual(['Band 23:00–23:40'])
    expect(plan.lostMinutes).toBe(60)
  })

  it('13. eats only the slack that comes before it', () => {
    const slack = item('Slack', '22:50–23:20', { buffer: true })
    const plan = push([item('Dance', '22:00–22:50'), slack, ...evening.slice(2)], 'Dance', 15)
    expect(moved(plan)).toEqual(['Dance 22:15–23:05', 'Slack 23:00–23:20'])
    expect(plan).toMatchObject({ eatenMinutes: 10, lostMinutes: 5 })
    expect(plan.moves[1]?.eaten).toEqual({ minutes: 10, leftMinutes: 20 })
  })

  it('14. may go on beside what was planned to go on beside it', () => {
    const items = [
      item('Toast', '15:00–15:10'),
      item('Drinks', '15:10–17:00'),
      item('Vintage car', '16:00', { fixed: true }),
    ]
    expect(push(items, 'Toast', 15).lostMinutes).toBe(0)
  })

  it('15. stays where it is if somebody pushes from it, and what follows moves', () => {
    const plan = push([item('Vows', '15:00–15:30', { fixed: true }), item('Rice', '15:30–15:40')], 'Vows', 15)
    expect(moved(plan)).toEqual(['Rice 15:45–15:55'])
    expect(stayed(plan)).toEqual(['Vows: fixed'])
  })

  it('16. is not eaten, even if it is slack', () => {
    const items = [item('Dance', '22:00–22:20'), item('Pause', '22:20–22:40', { fixed: true, buffer: true })]
    expect(push(items, 'Dance', 5)).toMatchObject({ eatenMinutes: 0, lostMinutes: 5 })
  })
})

describe('what is left alone', () => {
  it('17. is cancelled or done; neither holds up the push', () => {
    const items = [
      item('Dance', '22:00–22:20'),
      item('Doves', '22:10', { fixed: true, status: 'cancelled' }),
      item('Cake', '22:15–22:20', { done: true }),
      item('Coffee', '22:20–22:40', { status: 'completed', fixed: true }),
      item('Band', '22:40–23:00'),
    ]
    const plan = push(items, 'Dance', 15)
    expect(moved(plan)).toEqual(['Dance 22:15–22:35', 'Band 22:55–23:15'])
    expect(stayed(plan)).toEqual(['Doves: cancelled', 'Cake: done', 'Coffee: done'])
  })

  it('18. has no time yet', () => {
    const plan = push([item('Dance', '22:00–22:20'), item('Someday', '')], 'Dance', 15)
    expect(stayed(plan)).toEqual(['Someday: no-time'])
  })

  it('19. waits for a decision between two times: a push must not make it', () => {
    const contested = dayItem({
      id: 'Cake',
      data: { title: 'Cake', startTime: iso('22:30') },
      siblings: { startTime: [] },
    })
    const plan = push([item('Dance', '22:00–22:20'), contested, item('Band', '22:40–23:00')], 'Dance', 15)
    expect(stayed(plan)).toEqual(['Cake: contested'])
    expect(moved(plan)).toEqual(['Dance 22:15–22:35', 'Band 22:55–23:15'])
  })

  it('20. belongs to another day, but after midnight is the same day', () => {
    const items = [
      item('Dance', '22:00–22:20'),
      item('Last coach', '+00:45–+01:30'),
      item('Strike', '+01:30–+02:30'),
      item('Brunch', '10:00–12:00', {}, NEXT_DAY),
    ]
    const plan = push(items, 'Dance', 15)
    expect(moved(plan)).toEqual(['Dance 22:15–22:35', 'Last coach 01:00–01:45', 'Strike 01:45–02:45'])
    expect(stayed(plan)).toEqual(['Brunch: another-day'])
  })

  it('21. does not begin after a free afternoon: that is the same day', () => {
    const items = [item('Church', '11:00–12:00'), item('Reception', '18:00–19:00')]
    expect(moved(push(items, 'Church', 15)).at(-1)).toBe('Reception 18:15–19:15')
  })

  it('22. is everything, when nothing is to be pushed', () => {
    const plan = push(dinner, 'Speech', 0)
    expect(plan.moves).toEqual([])
    expect(plan).toMatchObject({ eatenMinutes: 0, lostMinutes: 0 })
  })

  it('23. cannot be named: an item that is gone, or has no time', () => {
    const items = [item('Someday', '')]
    const request = { minutes: 5, timezone: LISBON }
    expect(pushFrom(items, { from: 'Gone', ...request })).toEqual({ ok: false, error: 'unknown-item' })
    expect(pushFrom(items, { from: 'Someday', ...request })).toEqual({ ok: false, error: 'no-time' })
  })
})

describe('clocks', () => {
  it('30. a push over midnight keeps its minutes', () => {
    expect(moved(push([item('Disco', '23:50–+00:20'), item('Coach', '+00:20')], 'Disco', 15))).toEqual([
      'Disco 00:05–00:35',
      'Coach 00:35',
    ])
  })

  it.each([
    { when: 'go back', date: '2026-10-24', disco: '00:40–01:50', coach: '01:05' },
    { when: 'go forward', date: '2026-03-28', disco: '00:40–02:50', coach: '03:05' },
  ])('31. when the clocks $when in the night, a gap stays the same in minutes', ({ date, disco, coach }) => {
    // 70 minutes of disco and a gap of 15, over the hour in which Lisbon changes its clocks.
    const startMs = Date.parse(iso('+00:25', date))
    const at = (minutes: number) => new Date(startMs + minutes * 60_000).toISOString()
    const items = [
      ofData('Disco', { startTime: at(0), endTime: at(70) }),
      ofData('Coach', { startTime: at(85), durationMin: 30 }),
    ]
    const plan = push(items, 'Disco', 15)
    expect(plan.moves.map(({ startMs: ms }) => (ms - startMs) / 60_000)).toEqual([15, 100])
    expect(moved(plan).map((line) => line.replace(/^\w+ /, ''))).toEqual([disco, expect.stringContaining(coach)])
  })

  it('32. a wedding elsewhere has its own night', () => {
    // Half past four in the morning in Lisbon is half past eight in the evening in Los Angeles.
    const items = [item('Dance', '04:30–04:50', {}, DAY), item('Cake', '10:00–10:20', {}, DAY)]
    expect(push(items, 'Dance', 15, LISBON).moves).toHaveLength(1)
    expect(push(items, 'Dance', 15, 'America/Los_Angeles').moves).toHaveLength(2)
  })
})

describe('collisions', () => {
  const band = { assignedVendors: ['The Night Ferries'] }

  it('33. are those that the push makes', () => {
    const items = [
      item('Dance', '22:00–22:20', band),
      item('Sound check', '22:10–22:25', band),
      item('Leave', '22:30–22:40', { ...band, fixed: true }),
    ]
    const { collisions } = push(items, 'Dance', 15)
    expect(collisions.map(({ first, second }) => `${first.title} + ${second.title}`)).toEqual([
      'Dance + Leave',
      'Sound check + Leave',
    ])
    expect(collisions[0]).toMatchObject({ vendors: ['The Night Ferries'] })
  })

  it('34. are none where slack or a fixed item without length is run into', () => {
    const items = [item('Dance', '22:00–22:20', band), item('Curfew', '22:20', { ...band, fixed: true })]
    expect(push(items, 'Dance', 15).collisions).toEqual([])
  })
})
