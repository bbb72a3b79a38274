/** Names of one row of a guest list; a row may hold two people. */

export interface PersonName {
  readonly name: string
  readonly firstName?: string
  readonly lastName?: string
  /** The second person of a row, who came with the first. */
  readonly isSecond: boolean
}

export interface NameCells {
  readonly name: string
  readonly firstName: string
  readonly lastName: string
  readonly honorific: string
  readonly secondName: string
  readonly secondFirstName: string
  readonly secondLastName: string
}

export interface NamesRead {
  readonly people: readonly PersonName[]
  /** The two were found in one cell, not in columns of their own. */
  readonly wasSplit: boolean
}

const AND = /\s+(?:&|and|\+|und|et|e|y)\s+/i
const HONORIFIC = /^(mr|mrs|ms|miss|mx|dr|prof|rev|sir|lady|lord)\.?$/i
/** Not people one can seat by name. */
const UNNAMED = /\b(guest|family|children|kids|plus one|partner)\b/i

export function namesIn(cells: NameCells): NamesRead {
  const main = mainPeople(cells)
  const second = secondPerson(cells)
  return { people: [...main, ...second], wasSplit: main.length > 1 }
}

function mainPeople(cells: NameCells): PersonName[] {
  if (cells.name !== '') {
    const two = twoIn(cells.name)
    if (two !== undefined) return two.map((name, i) => ({ name, isSecond: i > 0 }))
    return [{ name: cells.name, ...parts(cells.firstName, cells.lastName), isSecond: false }]
  }
  const { firstName, lastName } = cells
  const firstNames = firstName.split(AND)
  if (firstNames.length === 2 && lastName !== '') {
    return firstNames.map((first, i) => ({ name: `${first} ${lastName}`, ...parts(first, lastName), isSecond: i > 0 }))
  }
  // "Smith" alone is no way to call someone; with the title it is.
  const words = firstName === '' ? [cells.honorific, lastName] : [firstName, lastName]
  const name = words.filter((word) => word !== '').join(' ')
  return name === '' || (firstName === '' && lastName === '')
    ? []
    : [{ name, ...parts(firstName, lastName), isSecond: false }]
}

function secondPerson(cells: NameCells): PersonName[] {
  const { secondName, secondFirstName, secondLastName } = cells
  if (secondName !== '') return [{ name: secondName, isSecond: true }]
  const name = [secondFirstName, secondLastName].filter((word) => word !== '').join(' ')
  return name === '' ? [] : [{ name, ...parts(secondFirstName, secondLastName), isSecond: true }]
}

/** `Ana & Zoë Silva`, `Mr & Mrs Silva`, `Ana Silva and Ben Costa`; not `Ana & family`. */
function twoIn(name: string): [string, string] | undefined {
  const sides = name.split(AND)
  const [first = '', second = ''] = sides
  if (sides.length !== 2 || first === '' || second === '' || UNNAMED.test(name)) return undefined
  const firstWords = first.split(/\s+/)
  const secondWords = second.split(/\s+/)
  const lastWord = secondWords.at(-1) ?? ''
  if (secondWords.length < 2) return firstWords.length === 1 ? [first, second] : undefined
  // A lone first name, or a lone title, shares the surname of the other.
  const lacksSurname = firstWords.length === 1 || firstWords.every((word) => HONORIFIC.test(word))
  return [lacksSurname ? `${first} ${lastWord}` : first, second]
}

function parts(firstName: string, lastName: string): { firstName?: string; lastName?: string } {
  return { ...(firstName === '' ? {} : { firstName }), ...(lastName === '' ? {} : { lastName }) }
}
