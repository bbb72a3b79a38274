/** Vendors and guests of the sample wedding. Nobody here exists; numbers are 555 numbers. */

export interface SampleVendor {
  readonly company: string
  readonly type: string
  readonly person: string
  readonly role: string
  readonly phone: string
  readonly arriveAt: string
  readonly departAt: string
  readonly callFirstAbout: string
  readonly needs?: string
  readonly meals?: number
  readonly callFirst?: true
}

export const SAMPLE_VENDORS: readonly SampleVendor[] = [
  {
    company: 'Quinta das Amendoeiras',
    type: 'venue',
    person: 'Teresa Vaz',
    role: 'Venue manager',
    phone: '555-0110',
    arriveAt: '07:00',
    departAt: '26:30',
    callFirstAbout: 'Keys, gates, power, neighbours',
    callFirst: true,
  },
  {
    company: 'Linha Rentals',
    type: 'rental',
    person: 'Nuno Faria',
    role: 'Crew chief',
    phone: '555-0111',
    arriveAt: '07:30',
    departAt: '10:00',
    callFirstAbout: 'Tables, chairs, marquee',
    needs: 'Lower gate open, hard standing for two vans',
  },
  {
    company: 'Fern & Co Flowers',
    type: 'florist',
    person: 'Fern Whitlock',
    role: 'Florist',
    phone: '555-0112',
    arriveAt: '08:15',
    departAt: '11:30',
    callFirstAbout: 'Arch, table flowers, buttonholes',
    needs: 'Water tap, shade, cold room shelf',
  },
  {
    company: 'Maré Hair & Make-up',
    type: 'hair and make-up',
    person: 'Sofia Maré',
    role: 'Stylist',
    phone: '555-0113',
    arriveAt: '07:45',
    departAt: '14:00',
    callFirstAbout: 'Anyone late for the chair',
    needs: 'Four sockets, daylight, no draught',
    meals: 2,
  },
  {
    company: 'Halden & Rye Photography',
    type: 'photographer',
    person: 'Astrid Halden',
    role: 'Lead photographer',
    phone: '555-0114',
    arriveAt: '10:30',
    departAt: '22:30',
    callFirstAbout: 'Light, family photos, what to cut',
    needs: 'Hot meal during the main course',
    meals: 2,
  },
  {
    company: 'Mesa Longa Catering',
    type: 'caterer',
    person: 'Bruno Leal',
    role: 'Head of service',
    phone: '555-0115',
    arriveAt: '12:00',
    departAt: '26:00',
    callFirstAbout: 'Allergies, counts, any change over ten minutes',
    needs: '32 A supply, two fridges, tack room',
    meals: 9,
    callFirst: true,
  },
  {
    company: 'The Night Ferries',
    type: 'band and DJ',
    person: 'Kit Moran',
    role: 'Band leader',
    phone: '555-0116',
    arriveAt: '11:15',
    departAt: '26:15',
    callFirstAbout: 'Cues, names, volume',
    needs: 'Two circuits, stage 6 × 4 m, parking for one van',
    meals: 6,
  },
  {
    company: 'Farinha Cakes',
    type: 'cake',
    person: 'Lia Farinha',
    role: 'Baker',
    phone: '555-0117',
    arriveAt: '10:30',
    departAt: '11:15',
    callFirstAbout: 'The cake, until it is cut',
    needs: 'Cold room at 8 °C',
  },
  {
    company: 'Serra Coaches',
    type: 'transport',
    person: 'Artur Serra',
    role: 'Dispatcher',
    phone: '555-0118',
    arriveAt: '13:00',
    departAt: '26:00',
    callFirstAbout: 'Where a coach is',
    needs: 'Turning space at the yard gate',
  },
]

export interface SampleGuest {
  readonly name: string
  readonly party: string
  readonly side: 'bride' | 'groom' | 'both'
  readonly table: number | string
  readonly meal?: string
  readonly dietary?: string
  /** Empty: asked, and has none. */
  readonly allergies?: readonly string[]
  readonly accessibility?: string
  readonly rsvp?: 'attending' | 'declined' | 'maybe' | 'pending'
  readonly ageGroup?: string
  readonly notes?: string
}

export const SAMPLE_GUESTS: readonly SampleGuest[] = [
  {
    name: 'Helena Carvalho',
    party: 'Carvalho family',
    side: 'bride',
    table: 'Head Table',
    meal: 'fish',
    allergies: [],
  },
  {
    name: 'Rui Carvalho',
    party: 'Carvalho family',
    side: 'bride',
    table: 'Head Table',
    meal: 'meat',
    dietary: 'no shellfish',
    allergies: ['shellfish'],
  },
  { name: 'Miguel Carvalho', party: 'Carvalho family', side: 'bride', table: 1, meal: 'meat', allergies: [] },
  {
    name: 'Lurdes Carvalho',
    party: 'Carvalho family',
    side: 'bride',
    table: 1,
    meal: 'fish',
    dietary: 'soft food, small plate',
    accessibility: 'Wheelchair; place without a chair at the aisle end',
    ageGroup: 'senior',
  },
  {
    name: 'Clara Mendes',
    party: 'Mendes family',
    side: 'bride',
    table: 1,
    meal: 'vegetarian',
    dietary: 'vegetarian',
    allergies: [],
  },
  { name: 'Paulo Mendes', party: 'Mendes family', side: 'bride', table: 1, meal: 'meat' },
  {
    name: 'Bea Mendes',
    party: 'Mendes family',
    side: 'bride',
    table: 1,
    meal: 'children',
    allergies: ['egg'],
    dietary: 'no egg, also not in sauces',
    ageGroup: 'child',
    notes: 'Sleeps at four; pushchair in the library.',
  },
  {
    name: 'Marta Reis',
    party: 'Wedding party',
    side: 'bride',
    table: 'Head Table',
    meal: 'vegetarian',
    dietary: 'vegan',
    allergies: [],
  },
  {
    name: 'Joana Pinto',
    party: 'Wedding party',
    side: 'bride',
    table: 'Head Table',
    meal: 'fish',
    dietary: 'gluten-free (coeliac)',
    allergies: ['gluten (coeliac)'],
  },
  { name: 'Ruth Ashworth', party: 'Ashworth family', side: 'groom', table: 2, meal: 'fish', allergies: [] },
  { name: 'Graham Ashworth', party: 'Graham and Priya', side: 'groom', table: 4, meal: 'meat', allergies: [] },
  {
    name: 'Priya Nair',
    party: 'Graham and Priya',
    side: 'groom',
    table: 4,
    meal: 'vegetarian',
    dietary: 'vegetarian, no egg',
  },
  {
    name: 'Daniel Ashworth',
    party: 'Wedding party',
    side: 'groom',
    table: 'Head Table',
    meal: 'meat',
    dietary: 'no nuts: carries a pen',
    allergies: ['peanuts', 'tree nuts'],
    notes: 'Pen is in his inside pocket; Marta has the second one.',
  },
  {
    name: 'Elsie Ashworth',
    party: 'Ashworth family',
    side: 'groom',
    table: 2,
    meal: 'fish',
    accessibility: 'Hard of hearing: seat near the speakers’ table',
    ageGroup: 'senior',
  },
  { name: 'Hugh Ashworth', party: 'Ashworth family', side: 'groom', table: 2, meal: 'meat', rsvp: 'maybe' },
  {
    name: 'Sam Okoro',
    party: 'Wedding party',
    side: 'groom',
    table: 'Head Table',
    meal: 'meat',
    dietary: 'halal',
    allergies: [],
  },
  {
    name: 'Leo Okoro',
    party: 'Wedding party',
    side: 'groom',
    table: 3,
    meal: 'children',
    dietary: 'halal',
    allergies: [],
    ageGroup: 'child',
  },
  {
    name: 'Nadia Haddad',
    party: 'University',
    side: 'both',
    table: 3,
    meal: 'vegetarian',
    dietary: 'lactose-intolerant',
    allergies: ['lactose'],
  },
  { name: 'Chidi Eze', party: 'University', side: 'both', table: 3, meal: 'meat', allergies: [] },
  {
    name: 'Aoife Byrne',
    party: 'University',
    side: 'both',
    table: 3,
    rsvp: 'declined',
    notes: 'Sends a video; Sam shows it before dessert.',
  },
  {
    name: 'Kenji Mori',
    party: 'University',
    side: 'both',
    table: 3,
    meal: 'fish',
    dietary: 'kosher-style, no pork',
    rsvp: 'pending',
  },
  { name: 'Will Tanner', party: 'Rowing club', side: 'groom', table: 4, meal: 'meat', dietary: 'none', allergies: [] },
]
