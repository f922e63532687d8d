import type { SessionEnd } from '../errors.js';

/** The members of a JSON object; none if it is not one. */
export function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}

/** A text that is not empty; null if it is absent or null, undefined if it is anything else. */
export function readText(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function readEnd(value: unknown): SessionEnd {
  const { reason, explanation } = membersOf(value);
  return { reason: readName(reason), explanation: readName(explanation) };
}

// It goes into pages and logs, so it may be a name and nothing else.
function readName(value: unknown) {
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value) ? value : null;
}
