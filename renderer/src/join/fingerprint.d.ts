/** A certificate's fingerprint in groups that two people can read out to each other. */
export declare function fingerprintGroups(fingerprint: string): readonly string[];
