/** The part of the hub bench that seals in a browser. */
import { webCryptoAead } from '../support/webCryptoAead.ts'
import { SEAL_RECORDS, sealTasks } from './sealTasks.ts'

const ROUNDS = 5

/** Rates of values by wall time, since a page cannot ask for its processor time; one for each round. */
export async function sealRates(): Promise<{ readonly sealed: number[]; readonly opened: number[] }> {
  const { values, sealRound, openRound } = await sealTasks(webCryptoAead(crypto.subtle))
  const rate = async (round: () => Promise<void>): Promise<number> => {
    const start = performance.now()
    await round()
    return (SEAL_RECORDS * values) / ((performance.now() - start) / 1_000)
  }
  await rate(sealRound)
  await rate(openRound)
  const [sealed, opened]: [number[], number[]] = [[], []]
  for (let n = 0; n < ROUNDS; n++) {
    sealed.push(await rate(sealRound))
    opened.push(await rate(openRound))
  }
  return { sealed, opened }
}
