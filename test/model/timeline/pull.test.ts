import { describe, expect, it } from 'vitest'
import { item, moved, push, stayed } from './dayHelpers.ts'

const dinner = [
  item('Starter', '18:00–18:30'),
  item('Speech', '18:30–18:45'),
  item('Slack', '18:45–18:55', { buffer: true }),
  item('Main', '18:55–19:40'),
  item('Dessert', '19:50–20:10'),
]

describe('pulling earlier', () => {
  it('24. moves what follows earlier, and slack with it', () => {
    const plan = push([item('Kiss', '15:30–15:35', { done: true }), ...dinner], 'Starter', -10)
    expect(moved(plan)).toEqual([
      'Starter 17:50–18:20',
      'Speech 18:20–18:35',
      'Slack 18:35–18:45',
      'Main 18:45–19:30',
      'Dessert 19:40–20:00',
    ])
    expect(plan).toMatchObject({ eatenMinutes: 0, lostMinutes: 0 })
  })

  it('25. ends where something before it is still going on', () => {
    const plan = push([item('Vows', '15:00–15:30'), item('Rice', '15:35–15:40'), item('Kiss', '15:50')], 'Rice', -15)
    expect(moved(plan)).toEqual(['Rice 15:30–15:35', 'Kiss 15:45'])
    expect(plan).toMatchObject({ lostMinutes: 10, heldBy: { id: 'Vows' } })
  })

  it('26. does nothing where there is no room at all', () => {
    const plan = push(dinner, 'Speech', -5)
    expect(plan.moves).toEqual([])
    expect(plan).toMatchObject({ lostMinutes: 5, heldBy: { id: 'Starter' } })
  })

  it('27. may use the time of what is done, since it ended early', () => {
    const plan = push([item('Vows', '15:00–15:30', { done: true }), item('Rice', '15:30–15:40')], 'Rice', -10)
    expect(moved(plan)).toEqual(['Rice 15:20–15:30'])
  })

  it('28. never goes across a fixed item, in either direction', () => {
    const items = [
      item('Sunset', '20:48', { fixed: true }),
      item('Cake', '20:50–21:00'),
      item('Coach', '21:30', { fixed: true }),
      item('Band', '22:00–23:00'),
    ]
    const plan = push(items, 'Cake', -15)
    expect(moved(plan)).toEqual(['Cake 20:48–20:58'])
    expect(plan).toMatchObject({ lostMinutes: 13, heldBy: { id: 'Sunset' }, stop: { arrivedMinutes: 0 } })
    expect(stayed(plan)).toEqual(['Sunset: before', 'Coach: fixed', 'Band: after-fixed'])
  })

  it('29. is held up no more than before by what goes on beside it', () => {
    const items = [item('Drinks', '15:30–17:20'), item('Photos', '15:45–16:00'), item('Portraits', '16:00–16:30')]
    expect(moved(push(items, 'Photos', -30))).toEqual(['Photos 15:30–15:45', 'Portraits 15:45–16:15'])
  })
})
