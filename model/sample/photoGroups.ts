/** Family formals of the sample wedding, in the order in which they are called. */

export interface SampleGroup {
  readonly name: string
  /** First name and relation, as they are read out. */
  readonly people: readonly string[]
  readonly minutes: number
  /** 10 is a must. */
  readonly priority: number
  readonly waitingFor?: string
  readonly photographerNotes?: string
  readonly internalNotes?: string
}

export interface SampleGroupSection {
  readonly section: string
  readonly location: string
  readonly groups: readonly SampleGroup[]
}

const RUI = 'Rui (father of the bride)'
const HELENA = 'Helena (mother of the bride)'
const MIGUEL = 'Miguel (brother of the bride)'
const LURDES = 'Avó Lurdes (grandmother of the bride)'
const RUTH = 'Ruth (mother of the groom)'
const GRAHAM = 'Graham (father of the groom)'
const PRIYA = "Priya (Graham's wife)"
const DANIEL = 'Daniel (brother of the groom)'
const ELSIE = 'Elsie (grandmother of the groom)'
const MARTA = 'Marta (maid of honour)'
const JOANA = 'Joana (bridesmaid)'
const SAM = 'Sam (usher)'
const LEO = 'Leo (ring bearer)'
const BEA = 'Bea (flower girl)'
const COUPLE = ['Inês', 'Tom']

export const SAMPLE_GROUPS: readonly SampleGroupSection[] = [
  {
    section: 'Elders first',
    location: 'Stone steps',
    groups: [
      {
        name: 'Couple with Avó Lurdes',
        people: [...COUPLE, LURDES],
        minutes: 3,
        priority: 10,
        photographerNotes: 'Wheelchair: use the ramp on the left, shoot from her height.',
      },
      { name: 'Couple with Elsie', people: [...COUPLE, ELSIE], minutes: 2, priority: 10 },
      { name: 'Both grandmothers', people: [LURDES, ELSIE], minutes: 2, priority: 8 },
    ],
  },
  {
    section: "Bride's side",
    location: 'Stone steps',
    groups: [
      {
        name: "Everyone of the bride's family",
        people: [...COUPLE, RUI, HELENA, MIGUEL, LURDES, 'Clara (aunt)', 'Paulo (uncle)', 'Bea (cousin)'],
        minutes: 4,
        priority: 9,
      },
      { name: "Couple with the bride's parents", people: [...COUPLE, RUI, HELENA], minutes: 2, priority: 10 },
      { name: 'Inês with her parents', people: ['Inês', RUI, HELENA], minutes: 2, priority: 9 },
      { name: 'Inês with her father', people: ['Inês', RUI], minutes: 2, priority: 8 },
      { name: 'Inês with her mother', people: ['Inês', HELENA], minutes: 2, priority: 8 },
      { name: 'Inês with her brother', people: ['Inês', MIGUEL], minutes: 2, priority: 7 },
      {
        name: 'Couple with aunt Clara and uncle Paulo',
        people: [...COUPLE, 'Clara (aunt)', 'Paulo (uncle)'],
        minutes: 2,
        priority: 5,
        waitingFor: 'Paulo (parking the car)',
      },
    ],
  },
  {
    section: "Groom's side",
    location: 'Stone steps',
    groups: [
      {
        name: 'Couple with Ruth and her family',
        people: [...COUPLE, RUTH, DANIEL, ELSIE, 'Hugh (uncle)'],
        minutes: 3,
        priority: 9,
        internalNotes: 'Graham not in this one. Finish it before he is called.',
      },
      { name: 'Couple with Ruth', people: [...COUPLE, RUTH], minutes: 2, priority: 10 },
      { name: 'Tom with his mother', people: ['Tom', RUTH], minutes: 2, priority: 8 },
      { name: 'Tom with mother and brother', people: ['Tom', RUTH, DANIEL], minutes: 2, priority: 7 },
      {
        name: 'Couple with Graham and Priya',
        people: [...COUPLE, GRAHAM, PRIYA],
        minutes: 2,
        priority: 10,
        internalNotes: 'Ruth should be on the terrace by then.',
      },
      { name: 'Tom with his father', people: ['Tom', GRAHAM], minutes: 2, priority: 8 },
      { name: 'Tom with his brother', people: ['Tom', DANIEL], minutes: 2, priority: 8 },
    ],
  },
  {
    section: 'Wedding party',
    location: 'Orchard wall',
    groups: [
      {
        name: 'All of the wedding party',
        people: [...COUPLE, MARTA, JOANA, DANIEL, SAM, LEO, BEA],
        minutes: 4,
        priority: 10,
      },
      { name: 'Inês with Marta and Joana', people: ['Inês', MARTA, JOANA], minutes: 3, priority: 9 },
      { name: 'Inês with Marta', people: ['Inês', MARTA], minutes: 2, priority: 7 },
      { name: 'Tom with Daniel and Sam', people: ['Tom', DANIEL, SAM], minutes: 3, priority: 9 },
      {
        name: 'Couple with Leo and Bea',
        people: [...COUPLE, LEO, BEA],
        minutes: 3,
        priority: 8,
        photographerNotes: 'Do it early: Bea sleeps at four.',
      },
    ],
  },
  {
    section: 'Friends',
    location: 'Terrace stairs',
    groups: [
      { name: 'University friends', people: [...COUPLE, 'Nadia', 'Chidi', 'Aoife', 'Kenji'], minutes: 3, priority: 5 },
      {
        name: "Tom's rowing club",
        people: ['Tom', SAM, 'Chidi', 'Will'],
        minutes: 3,
        priority: 4,
        photographerNotes: 'They will want to lift him. Once.',
      },
      { name: "Inês's choir", people: ['Inês', JOANA, 'Nadia', 'Clara (aunt)'], minutes: 3, priority: 4 },
      {
        name: 'Everyone, from the balcony',
        people: ['All guests'],
        minutes: 5,
        priority: 9,
        photographerNotes: 'Sam clears the terrace tables first.',
      },
    ],
  },
]
