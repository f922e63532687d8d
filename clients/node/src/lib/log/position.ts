const canonical = /^(?:0|[1-9]\d{0,15})$/;

/** A whole number from 0 to 2^53 - 1 as the wire writes it: digits alone, no sign, no leading zero. Null for anything else. */
export function readPosition(raw: string): number | null {
  const number = canonical.test(raw) ? Number(raw) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** The explanation id of the revocation at a position. */
export function revocationId(position: number): string {
  return `rv_${position}`;
}
