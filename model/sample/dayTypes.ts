/** The shape of the sample's run sheet, and the names that come up all over it. */

export interface SampleItem {
  /** `HH:MM`, up to `26:00`. */
  readonly at: string
  readonly minutes: number
  readonly title: string
  readonly where: string
  readonly who?: readonly string[]
  readonly vendors?: readonly string[]
  readonly notes?: string
  /** Cannot move: contracted, booked, or the sun. */
  readonly fixed?: true
  /** Slack, eaten first when the day runs late. */
  readonly buffer?: true
  readonly rainPlace?: string
  readonly internalNotes?: string
}

export interface SampleSection {
  readonly section: string
  readonly category: string
  readonly items: readonly SampleItem[]
}

export const COUPLE = ['Inês Carvalho', 'Tom Ashworth']
export const PHOTO = 'Halden & Rye Photography'
export const HAIR = 'Maré Hair & Make-up'
export const FLOWERS = 'Fern & Co Flowers'
export const BAND = 'The Night Ferries'
export const FOOD = 'Mesa Longa Catering'
export const COACHES = 'Serra Coaches'
export const CAKE = 'Farinha Cakes'
export const HALL = 'Long barn'
export const ORCHARD = 'Orchard'
export const SUITE = 'Almond suite'
