/** `GET /api/offline/weddings/:id/export`: a wedding in forms that other programs read. */
import { z } from 'zod'
import { EXPORT_FORMATS } from '../export/index.ts'

export const exportQuery = z.object({
  format: z.enum(EXPORT_FORMATS),
  /** Only this table, where the format has several. */
  table: z.string().max(50).optional(),
})

export const exportReply = z.object({
  files: z.array(z.object({ name: z.string(), text: z.string() })),
  /** How many records are in the files. */
  records: z.number().int(),
  /** Records for which the format has no place, with the reason. */
  left: z.array(z.object({ table: z.string(), id: z.string(), reason: z.string() })),
})
