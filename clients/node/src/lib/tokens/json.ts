/** A number as it stands in the text: taken through a double it could become another one (T-16, JWT-8). */
export class JsonNumber {
  readonly raw: string;

  constructor(raw: string) {
    this.raw = raw;
  }
}

/** A map, because `__proto__` is a name like any other (T-22). */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = string | boolean | null | JsonNumber | readonly JsonValue[] | JsonObject;

/** The deepest nesting that is read. */
export const maxDepth = 16;

/** `TooLarge` for what is nested too deeply, `Json` for everything else that is not strict JSON. */
export type JsonFault = 'Json' | 'TooLarge';

const whiteSpace = /[ \t\n\r]*/y;
const plainText = /"[^"\\\u0000-\u001f]*"/y;
const escapedText = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;
const words: Record<string, boolean | null> = { true: true, false: false, null: null };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one JSON object in UTF-8 and nothing after it. `JSON.parse` keeps the last of two members with one name, rounds numbers, and
 * takes half a surrogate pair: two readers that disagree on a claim are a way around a revocation (JWT-5, JWT-7, T-22).
 */
export function readJsonObject(bytes: Uint8Array): JsonObject | JsonFault {
  try {
    const value = new Parser(utf8.decode(bytes)).read();
    return value instanceof Map ? value : 'Json';
  } catch (failure) {
    return failure === tooDeep ? 'TooLarge' : 'Json';
  }
}

// Thrown inside this file alone, as a way out of the recursion.
const malformed = new Error('malformed');
const tooDeep = new Error('too deep');

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    const value = this.#value(1);
    this.#skip();
    if (this.#at !== this.#text.length) throw malformed;
    return value;
  }

  #value(depth: number): JsonValue {
    this.#skip();
    switch (this.#text[this.#at]) {
      case '{': return this.#object(depth);
      case '[': return this.#array(depth);
      case '"': return this.#string();
      case 't': case 'f': case 'n': return words[this.#take(word)] as boolean | null;
      default: return new JsonNumber(this.#take(number));
    }
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#each(depth, '}', () => {
      this.#skip();
      const name = this.#string();
      this.#skip();
      if (members.has(name) || this.#text[this.#at++] !== ':') throw malformed;
      members.set(name, this.#value(depth + 1));
    });
    return members;
  }

  #array(depth: number): readonly JsonValue[] {
    const elements: JsonValue[] = [];
    this.#each(depth, ']', () => elements.push(this.#value(depth + 1)));
    return elements;
  }

  #each(depth: number, end: string, readOne: () => void): void {
    if (depth > maxDepth) throw tooDeep;
    this.#at++;
    this.#skip();
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      readOne();
      this.#skip();
      const next = this.#text[this.#at++];
      if (next === end) return;
      if (next !== ',') throw malformed;
    }
  }

  #string(): string {
    const plain = this.#match(plainText);
    if (plain !== null) return plain.slice(1, -1);
    const text = JSON.parse(this.#take(escapedText)) as string;
    // Bytes that are UTF-8 hold no half of a surrogate pair; only an escape can bring one.
    if (!text.isWellFormed()) throw malformed;
    return text;
  }

  #take(pattern: RegExp): string {
    const found = this.#match(pattern);
    if (found === null) throw malformed;
    return found;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return null;
    const found = this.#text.slice(this.#at, pattern.lastIndex);
    this.#at = pattern.lastIndex;
    return found;
  }

  #skip(): void {
    whiteSpace.lastIndex = this.#at;
    whiteSpace.test(this.#text);
    this.#at = whiteSpace.lastIndex;
  }
}
