import { JsonNumber, type JsonObject, type JsonValue } from './json.js';
import { floorDate } from './numeric-date.js';
import { readPosition } from '../log/position.js';

/** The longest name or value that a revocation can name, in UTF-8 bytes (T-26). */
export const maxValueBytes = 1024;

/** The member if it is a string; otherwise null. */
export function textOf(members: JsonObject, name: string): string | null {
  const value = members.get(name);
  return typeof value === 'string' ? value : null;
}

/** Takes typed values out of a payload and remembers whether any was missing or of the wrong type. */
export class ClaimReader {
  readonly #claims: JsonObject;
  failed = false;

  constructor(claims: JsonObject) {
    this.#claims = claims;
  }

  /** An identifier: a string of 1 to 1024 bytes, never a number (T-16). An empty name stands for what the issuer's tokens do not carry. */
  id(name: string, required = false): string | null {
    const value = name === '' ? undefined : this.#claims.get(name);
    const isId = typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxValueBytes;
    this.failed ||= value === undefined ? required : !isId;
    return isId ? value : null;
  }

  /** A NumericDate, floored once (JWT-8, T-2). */
  date(name: string, required = false): number | null {
    const value = this.#claims.get(name);
    const seconds = value instanceof JsonNumber ? floorDate(value.raw) : null;
    this.failed ||= value === undefined ? required : seconds === null;
    return seconds;
  }

  /** A position as the log writes it, or 0, the beginning, where there is none. */
  position(name: string): number {
    const value = this.#claims.get(name);
    const position = value instanceof JsonNumber ? readPosition(value.raw) : null;
    this.failed ||= value !== undefined && position === null;
    return position ?? 0;
  }

  /** A string or an array of strings. */
  texts(name: string): readonly string[] {
    const value = this.#claims.get(name);
    if (value === undefined) return [];
    const elements: readonly JsonValue[] = Array.isArray(value) ? value : [value];
    const areTexts = elements.every((element) => typeof element === 'string');
    this.failed ||= !areTexts;
    return areTexts ? elements : [];
  }
}
