import { describe, expect, it } from 'vitest'
import { item, read, refusalOf } from './read.ts'

const reasons = (reading: { warned: readonly { reason: string }[] }) =>
  reading.warned.map(({ reason }) => reason).join('\n')
const guest = (header: string, cell: string) =>
  item(read(`name,group,${header}\nAna Silva,Family,"${cell.replaceAll('"', '""')}"`), 0)

describe('names', () => {
  it.each([
    ['name,rsvp\nAna Silva,yes', 'Ana Silva'],
    ['guest_name,rsvp\nAna Silva,yes', 'Ana Silva'],
    ['first_name,last_name\nAna,Silva', 'Ana Silva'],
    ['First name,Surname\nAna,Silva', 'Ana Silva'],
    ['Title,First name,Surname\nDr,Ana,Silva', 'Ana Silva'],
    ['Title,First name,Surname\nMrs,,Silva', 'Mrs Silva'],
    ['ФИО,group\nАнна Иванова,семья', 'Анна Иванова'],
  ])('reads %j', (text, name) => {
    expect(item(read(text), 0).name).toBe(name)
  })

  it('keeps first and last name, and the title in the notes', () => {
    expect(item(read('Title,First name,Surname\nDr,Ana,Silva'), 0)).toMatchObject({
      firstName: 'Ana',
      lastName: 'Silva',
      notes: 'Title: Dr',
    })
  })

  it('makes two guests of a row that brings a second one, each with their own diet', () => {
    const reading = read(
      'name,group,dietaries,guestfirst,guestlast,guestdietary\nAna Silva,Family,vegan,Ben,Costa,nut allergy\nEva Roth,Work,,,,',
    )
    expect(reading.rows).toBe(2)
    expect(reading.items.map(({ row, data }) => [row, data.name, data.dietary])).toEqual([
      [1, 'Ana Silva', 'vegan'],
      [1, 'Ben Costa', 'nut allergy'],
      [2, 'Eva Roth', undefined],
    ])
    expect(item(reading, 1)).toMatchObject({ partnerName: 'Ana Silva', party: 'Family', plusOne: true })
  })

  it.each([
    ['Ana & Ben Silva', ['Ana Silva', 'Ben Silva']],
    ['Mr & Mrs Silva', ['Mr Silva', 'Mrs Silva']],
    ['Ana Silva and Ben Costa', ['Ana Silva', 'Ben Costa']],
    ['Ana & family', ['Ana & family']],
    ['Ana Silva', ['Ana Silva']],
  ])('splits %s into %j', (name, expected) => {
    expect(read(`name,rsvp\n${name},yes`).items.map(({ data }) => data.name)).toEqual(expected)
  })

  it('gives both of a split cell the diet, keeps the name as given, and warns', () => {
    const reading = read('name,group,allergies\nAna & Ben Silva,Family,nuts')
    expect(reading.items.map(({ data }) => data.allergies)).toEqual([['nuts'], ['nuts']])
    expect(item(reading, 1).notes).toBe('Name as given: Ana & Ben Silva')
    expect(reasons(reading)).toContain('split into two guests')
  })

  it('keeps two people of one name apart and says so', () => {
    const reading = read('name,group\nAna Silva,Family\nAna Silva,Work\nAna Silva,Family')
    expect(reading.items).toHaveLength(3)
    expect(reading.warned).toEqual([{ line: 4, reason: expect.stringContaining('"Ana Silva" stands in line 2 too') }])
  })

  it('finds a partner by id or by name', () => {
    const reading = read('id,name,partner\n1,Ana Silva,2\n2,Ben Costa,Ana Silva')
    expect(reading.items.map(({ data }) => data.partnerName)).toEqual(['Ben Costa', 'Ana Silva'])
  })
})

describe('rows', () => {
  it('takes a name with nothing beside it as a guest, not as a heading', () => {
    const reading = read('name,dietary\nAna Silva,vegan\nBen Costa,\n')
    expect(reading.items.map(({ data }) => data.name)).toEqual(['Ana Silva', 'Ben Costa'])
  })

  it('takes "Table 4" and a line with a colon as headings', () => {
    const reading = read('name,dietary\nTable 4,\nAna Silva,vegan\nFriends of Zoë:,\nBen Costa,')
    expect(reading.rows).toBe(2)
    expect(item(reading, 0).tableNumber).toBe(4)
    expect(item(reading, 1).party).toBe('Friends of Zoë')
    expect(reading.warned).toHaveLength(2)
  })

  it('refuses a row that has slid to the right, because its allergy may be wrong', () => {
    const reading = read('name,group,dietary\nAna Silva,Family,,vegan')
    expect(reading.items).toEqual([])
    expect(reading.refused[0]?.reason).toContain('4 cells under 3 headers')
  })

  it('refuses a row without a name', () => {
    expect(read('name,group,dietary\n,Family,vegan').refused[0]?.reason).toContain('names no guest')
  })

  it('keeps unknown columns in the notes, which are private', () => {
    expect(item(read('name,group,Song wish,notes\nAna,Family,Fado,late'), 0).notes).toBe('late\nSong wish: Fado')
  })

  it('is not mistaken for a timeline, nor read as one', () => {
    expect(read('name,group,meal\nAna,Family,fish').table).toBe('guests')
    expect(refusalOf('Time,What\n14:00,Ceremony', { table: 'guests' }).kind).toBe('nothing-to-import')
  })

  it('takes a bare list of names when the user says it is one', () => {
    expect(read('name\nAna\nBen', { table: 'guests' }).rows).toBe(2)
  })
})

describe('answers', () => {
  it.each([
    ['yes', 'attending'],
    ['Yes', 'attending'],
    ['confirmed', 'attending'],
    ['TRUE', 'attending'],
    ['no', 'declined'],
    ['Declined', 'declined'],
    ['maybe', 'maybe'],
    ['Pending', 'pending'],
    ['no reply', 'pending'],
    ['', undefined],
  ])('reads %j as %s', (cell, status) => {
    expect(guest('rsvp', cell).rsvpStatus).toBe(status)
  })

  it('keeps an answer it does not know, and warns', () => {
    const reading = read('name,rsvp\nAna,only church')
    expect(item(reading, 0).notes).toBe('rsvp: only church')
    expect(reasons(reading)).toContain('"only church" is neither')
  })
})

describe('diets', () => {
  it.each([
    ['nuts|eggs', ['nuts', 'eggs']],
    ['nuts; eggs', ['nuts', 'eggs']],
    ['["Dairy","Eggs"]', ['Dairy', 'Eggs']],
    ["['Dairy', 'Eggs']", ['Dairy', 'Eggs']],
    ['nuts, eggs', ['nuts', 'eggs']],
    ['shellfish', ['shellfish']],
  ])('reads the list %s', (cell, allergies) => {
    expect(guest('food_allergies', cell).allergies).toEqual(allergies)
  })

  it('keeps a list as it was written, too', () => {
    expect(guest('food_allergies', "['Dairy', 'Eggs']").notes).toBe("food_allergies: ['Dairy', 'Eggs']")
  })

  it.each(['none', 'None', '[]'])('takes %s as said none, which is not blank', (cell) => {
    expect(guest('food_allergies', cell)).toMatchObject({ allergies: [], dietary: expect.stringMatching(/none/i) })
    expect(guest('dietary_restrictions', cell)).toMatchObject({
      allergies: [],
      dietary: expect.stringMatching(/none/i),
    })
  })

  it('leaves a blank cell unstated', () => {
    expect(guest('food_allergies', '')).toEqual({ name: 'Ana Silva', party: 'Family' })
  })

  it('keeps a way of eating apart from an allergy', () => {
    expect(guest('meal_preference', 'jain')).toMatchObject({ meal: 'jain' })
    expect(guest('food_allergies', 'jain; peanuts')).toMatchObject({ dietary: 'jain', allergies: ['peanuts'] })
    expect(guest('dietary', 'vegetarian').allergies).toBeUndefined()
  })

  it('finds an allergy in a diet or meal cell', () => {
    expect(guest('dietary', 'vegan, nut allergy')).toMatchObject({
      dietary: 'vegan, nut allergy',
      allergies: ['nut allergy'],
    })
    const reading = read('name,meal\nAna,"fish, severe nut allergy"')
    expect(item(reading, 0).allergies).toEqual(['severe nut allergy'])
    expect(reasons(reading)).toContain('speaks of an allergy')
  })

  it('warns when one column says none and another names an allergy', () => {
    const reading = read('name,dietary,allergies\nAna,lactose-intolerant,none')
    expect(item(reading, 0).allergies).toEqual(['lactose-intolerant'])
    expect(reasons(reading)).toContain('another names one')
  })
})

describe('seats and the rest', () => {
  it.each([
    ['7', 7],
    ['Table 7', 7],
    ['Head Table', 'Head Table'],
  ])('reads table %s', (cell, table) => {
    expect(guest('table', cell).tableNumber).toBe(table)
  })

  it('reads seat, access, contact and plus-one columns', () => {
    const reading = read(
      'name,seat_id,accessibility_needs,email,phone,plus_one,side\nAna,4,wheelchair,ana@example.com,0044 555,yes,bride',
    )
    expect(item(reading, 0)).toEqual({
      name: 'Ana',
      side: 'bride',
      email: 'ana@example.com',
      phone: '0044 555',
      seat: 4,
      plusOne: true,
      accessibility: 'wheelchair',
    })
  })

  it('keeps the header of a bare yes, which alone says nothing', () => {
    expect(guest('needs_accommodation', 'true').notes).toBe('needs_accommodation: true')
  })
})
