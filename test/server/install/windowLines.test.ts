/** What a line between a window and its database has to keep, whatever carries it. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Line } from '../../../model/line.ts'
import { WINDOW_DOORS, type WindowDoor } from '../../support/windowDoors.ts'

const TEXTS = ['', '{"a":1}', '🎂 Torte, ñ', 'x'.repeat(1_000_000), '\u0000']

describe.each(Object.entries(WINDOW_DOORS))('a line over a %s', (_kind, openDoor) => {
  let door: WindowDoor | undefined
  afterEach(() => door?.close())

  /** @param serve attaches what the server's end needs before the first text can arrive */
  async function lineTo(serve: (line: Line) => void): Promise<{ server: Line; window: Line }> {
    const { promise, resolve } = Promise.withResolvers<Line>()
    door = await openDoor((line) => {
      serve(line)
      resolve(line)
    })
    const window = await door.open()
    return { server: await promise, window }
  }

  const closed = (line: Line) => new Promise<void>((resolve) => line.onClose(resolve))

  it('carries texts both ways, as they are and in their order', async () => {
    const { server, window } = await lineTo((line) => line.onMessage((text) => line.send(text)))
    const { promise, resolve } = Promise.withResolvers<void>()
    const echoed: string[] = []
    window.onMessage((text) => {
      echoed.push(text)
      if (echoed.length === TEXTS.length) resolve()
    })
    for (const text of TEXTS) window.send(text)
    await promise
    expect(echoed).toEqual(TEXTS)
    server.send('by itself')
    await expect.poll(() => echoed.at(-1)).toBe('by itself')
  })

  it.each(['server', 'window'] as const)('tells both ends once when the %s has closed it', async (who) => {
    const ends = await lineTo((line) => line.onMessage(() => undefined))
    ends.window.onMessage(() => undefined)
    let told = 0
    for (const end of [ends.server, ends.window]) end.onClose(() => (told += 1))
    const all = Promise.all([closed(ends.server), closed(ends.window)])
    ends[who].close('enough')
    ends[who].close()
    await all
    expect(told).toBe(2)
    // Whoever asks later is told as well, and what is said into it is lost without a word.
    await Promise.all([closed(ends.server), closed(ends.window)])
    ends.server.send('too late')
    ends.window.send('too late')
    expect(told).toBe(2)
  })
})
