/** What many fields have in common, to be spread into the options of `field`. */

export const PRIVATE = { readClass: 'private' } as const
export const DIET = { readClass: 'diet' } as const
export const INNER = { readClass: 'inner' } as const

/** A person decides, sooner rather than later. */
export const ASK_CRITICAL = { policy: 'ask', severity: 'critical' } as const
export const CRITICAL = { severity: 'critical' } as const
export const HIGH = { severity: 'high' } as const
export const MEDIUM = { severity: 'medium' } as const

/** An amount, or what changes its worth. */
export const MONEY = { readClass: 'money', policy: 'ask', severity: 'high' } as const
/** How to reach somebody in private. */
export const CONTACT = { readClass: 'private', severity: 'high' } as const
/** Running text that people read for what is new. */
export const NOTES = { policy: 'text', severity: 'high' } as const
export const INNER_NOTES = { ...NOTES, ...INNER } as const
export const CONTRACT = { ...INNER, ...ASK_CRITICAL } as const
