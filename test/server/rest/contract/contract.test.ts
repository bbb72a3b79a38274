/**
 * The contract of `wedsync-api.md` §1, row by row, against the three servers that speak it. The rows are in `rows.ts`;
 * every reply is checked against the schema that the table of routes has for its status (`ask` in `compositions.ts`).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract } from '../../../tools/contractCheck.ts'
import { commonRows } from './common.ts'
import { COMPOSITIONS, type Server } from './compositions.ts'
import { plannedRows } from './planned.ts'
import { pushRows } from './push.ts'
import { resolveRows } from './resolve.ts'
import { statusRows } from './status.ts'

describe.each(Object.entries(COMPOSITIONS))('%s', (_name, start) => {
  let server: Server | undefined
  const open = (): Server => {
    if (!server) throw new Error('the server has not started')
    return server
  }
  beforeAll(async () => {
    server = await start()
  }, 120_000)
  afterAll(() => server?.close())

  describe('§0', () => commonRows(open))
  describe('§1.1, §1.2', () => pushRows(open))
  describe('§1.4', () => resolveRows(open))
  describe('§1.5, §1.6', () => plannedRows(open))
  describe('§1.3, §1.7, §1.8', () => statusRows(open))
})

it('every row of the contract has a test, and every row that a test quotes is there', () => {
  expect(checkContract()).toEqual({ untested: [], unknown: [] })
})
