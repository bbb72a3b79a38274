import type { OwnDraft } from '../../../model/rest/window.ts'
import { ok } from '../../../model/result.ts'
import type { StateStore } from '../../../model/sync/changeStore.ts'
import { drafts, removeDraft } from '../../../model/sync/drafts.ts'
import type { OwnDrafts } from './replica.ts'

/** A tablet's own, which nobody else has: named by their keys in its state. */
export function tabletDrafts(state: StateStore): OwnDrafts {
  return {
    async list() {
      const kept = await drafts(state)
      return ok(
        [...kept].map(
          ([id, { scope, reason, raw, fields }]): OwnDraft => ({ id, weddingId: scope, reason, record: raw, fields }),
        ),
      )
    },
    async remove({ id }) {
      const draft = (await drafts(state)).get(id)
      if (draft) await removeDraft(state, id, draft)
      return ok(undefined)
    },
  }
}
