/** Fields of records as screens want them. A value of another shape counts as absent: it came from another version. */
export declare function words(value: unknown): string;
export declare function strings(value: unknown): readonly string[];
export declare function number(value: unknown): number | undefined;
