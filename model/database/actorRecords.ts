/** Namespace of the ids of `actors` records: the UUIDv5 of the actor, so that two places that announce it write one record. */
export const ACTOR_RECORDS = '1b1cf0d5-53e6-4a0e-8f6c-6a1b9a0a3f5d'
