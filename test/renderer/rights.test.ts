import { describe, expect, it } from 'vitest'
import { createRecord, type Data } from '../../model/merge/edit.ts'
import { byActor, feedsGuestsOf, vendorNamed, vendorWithId } from '../../model/ownership.ts'
import type { Grant, Role } from '../../model/roles.ts'
import { type Rights, rightsUnder } from '../../renderer/src/data/rights.ts'
import { tickChange } from '../../renderer/src/timeline/tick.ts'
import { uuidOf } from '../support/ids.ts'

const LAKE = uuidOf(100)
const BAND = uuidOf(200)
const CLAIMS = new Set([vendorWithId(BAND), vendorNamed('The Band'), byActor('band_______')])

function rights(role: Role, weddings: Grant['weddings'] = 'all'): Rights {
  return rightsUnder({ role, weddings }, (claim) => CLAIMS.has(claim))
}

function item(data: Data) {
  const record = { id: uuidOf(1), scope: LAKE, table: 'timeline_items', data: { title: 'Set', ...data } }
  return createRecord(record, { actor: 'planner____', stamp: '0mj8k2p1x000' })
}

const own = { assignedVendors: ['The Band'] }

describe('what may be written at a device', () => {
  it.each<{ role: Role; data: Data; fields: readonly string[]; may: boolean }>([
    { role: 'vendor', data: own, fields: ['status'], may: true },
    { role: 'vendor', data: { assignedVendors: [BAND] }, fields: ['status'], may: true },
    { role: 'vendor', data: { assignedVendors: ['The Florist'] }, fields: ['status'], may: false },
    { role: 'vendor', data: own, fields: ['title'], may: false },
    { role: 'vendor', data: own, fields: [], may: false },
    { role: 'photographer', data: {}, fields: ['done', 'status'], may: true },
    { role: 'planner', data: {}, fields: [], may: true },
    { role: 'viewer', data: own, fields: ['status'], may: false },
  ])('[ROL1] a $role writes $fields in an item of $data: $may', ({ role, data, fields, may }) => {
    expect(rights(role).mayWrite(item(data), fields)).toBe(may)
  })

  it('[ROL1] nothing in a wedding that the grant does not name', () => {
    expect(rights('planner', [uuidOf(101)]).mayWrite(item({}), ['title'])).toBe(false)
    expect(rights('planner', [uuidOf(101)]).mayCreate(LAKE, 'photos')).toBe(false)
  })

  it.each<{ who: string; grant: Grant; claims: readonly string[]; may: boolean }>([
    { who: 'a planner', grant: { role: 'planner', weddings: 'all' }, claims: [], may: true },
    { who: 'a photographer', grant: { role: 'photographer', weddings: 'all' }, claims: [], may: true },
    { who: 'a viewer', grant: { role: 'viewer', weddings: 'all' }, claims: [], may: false },
    { who: 'a florist', grant: { role: 'vendor', weddings: 'all' }, claims: [vendorWithId(BAND)], may: false },
    { who: 'a caterer', grant: { role: 'vendor', weddings: 'all' }, claims: [feedsGuestsOf(LAKE)], may: true },
    {
      who: 'one elsewhere',
      grant: { role: 'vendor', weddings: 'all' },
      claims: [feedsGuestsOf(uuidOf(101))],
      may: false,
    },
    {
      who: 'one without the wedding',
      grant: { role: 'vendor', weddings: [] },
      claims: [feedsGuestsOf(LAKE)],
      may: false,
    },
  ])('[ROL6] $who sees guests and diets: $may', ({ grant, claims, may }) => {
    expect(rightsUnder(grant, (claim) => claims.includes(claim)).mayReadDiets(LAKE)).toBe(may)
  })

  it('[ROL1] what it creates is its own: a vendor raises issues, and adds no items', () => {
    const { mayCreate } = rights('vendor')
    expect(['issues', 'timeline_items', 'photos'].map((table) => mayCreate(LAKE, table))).toEqual([true, false, false])
  })
})

describe('ticking an item', () => {
  const planner = () => true
  const vendor = (fields: readonly string[]) => fields.every((field) => field === 'status')
  const nobody = () => false
  it.each<{ who: string; may: (fields: readonly string[]) => boolean; data: Data; done: boolean; change?: Data }>([
    { who: 'a planner', may: planner, data: {}, done: true, change: { done: true } },
    { who: 'a planner', may: planner, data: { done: true }, done: false, change: { done: false } },
    {
      who: 'a planner',
      may: planner,
      data: { done: true, status: 'completed' },
      done: false,
      change: { done: false, status: 'pending' },
    },
    { who: 'a vendor', may: vendor, data: {}, done: true, change: { status: 'completed' } },
    { who: 'a vendor', may: vendor, data: { status: 'completed' }, done: false, change: { status: 'pending' } },
    { who: 'a vendor', may: vendor, data: { done: true }, done: false },
    { who: 'nobody', may: nobody, data: {}, done: true },
  ])('[ROL1] $who, in $data, to $done: $change', ({ may, data, done, change }) => {
    expect(tickChange(data, done, may)).toEqual(change)
  })
})
