/** Actors and epochs: each is one life of a store. */
import { randomBytes } from 'node:crypto'

/** 8 random bytes, written as 11 characters. */
export function newActor(): string {
  return randomBytes(8).toString('base64url')
}

/** Which actor stands for whom in this incarnation is kept under keys that begin so; the rest is the business of `people.ts`. */
export const ACTORS = 'actor/'
