/** The form of an item, and what a person changed in it. Pure. */
import { type Result } from '../../../model/result.ts';
import { type TimesError, type TimesForm } from '../time/retime.ts';
export type Data = Readonly<Record<string, unknown>>;
export interface ItemForm extends TimesForm {
    readonly title: string;
    readonly location: string;
    readonly section: string;
    /** Names, separated by commas. */
    readonly people: string;
    readonly description: string;
    readonly cancelled: boolean;
}
/** What the form shows for a record; for a new item, of empty data. */
export declare function itemForm(data: Data, zone: string, weddingDate: string): ItemForm;
/**
 * Only the fields that the person changed: a field that they merely looked at must not overwrite, or settle, what
 * somebody else wrote.
 */
export declare function itemChanges(before: Data, shown: ItemForm, form: ItemForm, zone: string): Result<Record<string, unknown>, TimesError>;
/** A new record needs no nulls and no empty lists. */
export declare function withoutEmpty(data: Data): Data;
/** `Rita, Tom ,` is Rita and Tom. */
export declare function namesIn(text: string): readonly string[];
