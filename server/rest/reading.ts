/** What a caller may read of the records of a wedding. */
import { type CausalRecord, liveValues, restrictRecord } from '../../model/merge/record.ts'
import type { RecordView } from '../../model/merge/view.ts'
import { mayEnterWedding } from '../../model/roles.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { isInView, type View } from '../../model/sync/rules.ts'
import type { Caller, ServerContext } from './context.ts'

const PAGE = 500

/** The weddings of the caller's team that the caller's grant covers, in order of id. */
export async function weddingsFor(context: ServerContext, caller: Caller): Promise<readonly string[]> {
  const weddings = await context.weddingsOf(caller.team)
  return weddings.filter((weddingId) => mayEnterWedding(caller.grant, weddingId)).sort()
}

/** The part of the record that is in view; `undefined` if that is nothing a person could be shown. */
export function readablePart(record: CausalRecord, view: View): CausalRecord | undefined {
  // Whoever may not read the base class may not know that the record exists.
  if (!isInView(view, record, record.base)) return undefined
  const part = restrictRecord(record, (readClass) => isInView(view, record, readClass))
  return part && liveValues(part).next().done === false ? part : undefined
}

/** `data` of a row as the API gives it out: what is visible, and the wedding. */
export function rowData(view: RecordView): Record<string, unknown> {
  return view.deleted ? { wedding_id: view.scope } : { ...view.data, wedding_id: view.scope }
}

/** All records of a scope, read in pages. */
export async function* recordsIn(
  changes: ChangeStore,
  scope: string,
  from: { readonly table?: string; readonly after?: string } = {},
  pageSize = PAGE,
): AsyncGenerator<CausalRecord> {
  let { after } = from
  for (;;) {
    const page = await changes.inScope(scope, {
      ...(from.table !== undefined && { table: from.table }),
      ...(after !== undefined && { after }),
      limit: pageSize,
    })
    yield* page
    after = page.at(-1)?.id
    if (page.length < pageSize || after === undefined) return
  }
}
