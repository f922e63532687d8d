/**
 * Compares `typ` values as media types: case-insensitively, with `application/` implied (AT-1, BCP-16). An empty one is expected where
 * an issuer's record says that its tokens carry none (T-30).
 */
export function isSameType(expected: string, actual: string | null): boolean {
  return actual === null ? expected === '' : subtype(expected) === subtype(actual);
}

function subtype(type: string): string {
  // Only ASCII has case here: what lies outside of it is compared as it stands.
  const lower = type.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const rest = lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
  return rest.includes('/') ? lower : rest;
}
