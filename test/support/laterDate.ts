/** Loaded before a program of a test (`--import`): its wall clock is days ahead, as many as `LATER_DAYS` says. */
const aheadMs = Number(process.env.LATER_DAYS) * 24 * 3_600_000
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...given: readonly number[]) {
    const [first = RealDate.now() + aheadMs, ...others] = given
    // A `Date` of one argument also takes texts; that is passed on as it came.
    super(...([first, ...others] as [number]))
  }

  static override now(): number {
    return RealDate.now() + aheadMs
  }
} as DateConstructor

export {}
