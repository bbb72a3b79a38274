/** A record as a screen holds it: decoded, viewed, and checked for conflicts once per document revision. */
import type { RxDocument } from 'rxdb';
import type { RecordDocument } from '../../../model/database/recordSchema.ts';
import { type StoredRecord } from '../../../model/merge/codec.ts';
import { type Conflict } from '../../../model/merge/conflicts.ts';
import type { CausalRecord } from '../../../model/merge/record.ts';
import { type RecordView } from '../../../model/merge/view.ts';
export interface Row {
    readonly id: string;
    readonly scope: string;
    /** What the person has before their eyes: an edit names it as its context. */
    readonly record: CausalRecord;
    readonly view: RecordView;
    readonly conflicts: readonly Conflict[];
}
/** @returns `undefined` for a record that is deleted or cannot be read; it must not keep the others from the screen */
export declare function rowOf(document: RxDocument<RecordDocument>): Row | undefined;
/** Decodes and views a stored record; see {@link rowOf}. */
export declare function readRow(stored: StoredRecord): Row | undefined;
interface StoredUnits {
    readonly units: Readonly<Record<string, {
        readonly r: Readonly<Record<string, readonly unknown[]>>;
    }>>;
}
/** A look at the stored form that spares decoding: two siblings in one register, or a deletion. */
export declare function mayHaveConflicts({ units }: StoredUnits): boolean;
export {};
