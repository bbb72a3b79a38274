import { z } from 'zod'
import { field, table } from './field.ts'
import { CRITICAL, MONEY } from './options.ts'
import { amount, date, dateTime, label, name, text, uuid } from './types.ts'

/** What it is for is nobody's business who may not see the amount either. */
const OF_MONEY = { readClass: 'money' } as const

export const budgetItems = table('budget_items', {
  required: ['name'],
  fields: {
    name: field(name, { ...OF_MONEY, severity: 'high' }),
    category: field(label, OF_MONEY),
    amount: field(
      amount.refine((value) => value !== 0, 'An entry of 0 is none'),
      MONEY,
    ),
    estimated: field(amount, MONEY),
    actual: field(amount, MONEY),
    currency: field(label, MONEY),
    date: field(z.union([date, dateTime]), CRITICAL),
    type: field(z.enum(['expense', 'income', 'transfer', 'refund'])),
    vendorId: field(uuid),
    notes: field(text, { ...OF_MONEY, policy: 'text', severity: 'high' }),
  },
})
