import { RescindError } from '../errors.js';

/** What may wait for one connection, in one direction, while it is held or its client takes nothing; more ends it. */
export interface BacklogOptions {
  /** How many messages may wait. Default 4096; 1 to 100 000. */
  readonly maxBacklogMessages?: number;
  /** How many bytes of messages may wait, besides a single message of any size. Default 4 MiB; 1 byte to 64 MiB. */
  readonly maxBacklogBytes?: number;
}

/** The same, checked. */
export interface BacklogBounds {
  readonly messages: number;
  readonly bytes: number;
  /** A client that has taken nothing for so long does not read. */
  readonly stuckAfterMs: number;
}

const mostMessages = 100_000;
const mostBytes = 64 * 1024 * 1024;
const stuckAfterMs = 10_000;

export function backlogBoundsOf({ maxBacklogMessages: messages = 4096, maxBacklogBytes: bytes = 4 * 1024 * 1024 }: BacklogOptions): BacklogBounds {
  for (const [name, number, most] of [['maxBacklogMessages', messages, mostMessages], ['maxBacklogBytes', bytes, mostBytes]] as const) {
    // Written so that what is no number fails too.
    if (!(number >= 1 && number <= most)) throw new RescindError('RSC7001', `${name} must be a number from 1 to ${most}.`);
  }
  return { messages, bytes, stuckAfterMs };
}

export function isTooMuch(bounds: BacklogBounds, messages: number, bytes: number): boolean {
  return messages > bounds.messages || (messages > 1 && bytes > bounds.bytes);
}
