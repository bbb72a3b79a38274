/**
 * Runs what is to be done at the end of a turn of the event loop, all of it at once: a hundred sessions that look for what to send do so
 * step by step together, and share what each step reads.
 * @param endTurn calls back when the turn is over
 * @returns a function that takes what is to be done, and returns how to cancel it
 */
export function createEndOfTurn(endTurn: (callback: () => void) => void): (run: () => void) => () => void {
  const waiting = new Set<() => void>()
  let isAsked = false

  function ask(): void {
    isAsked = true
    endTurn(runAll)
  }

  function runAll(): void {
    isAsked = false
    try {
      // What comes meanwhile is for the end of the next turn; what is cancelled meanwhile is not done.
      for (const task of [...waiting]) if (waiting.delete(task)) task()
    } finally {
      if (waiting.size > 0 && !isAsked) ask()
    }
  }

  return (run) => {
    const task = (): void => run() // the same function may wait twice
    waiting.add(task)
    if (!isAsked) ask()
    return () => waiting.delete(task)
  }
}
