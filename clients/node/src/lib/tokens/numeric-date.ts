/** The latest date that is a date: the end of the year 9999 (JWT-8). */
const maxDate = 253_402_300_799;
const maxExponent = 2_147_483_647;
const decimal = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * RFC 7519 NumericDate from its JSON text, floored once and exactly: no double is involved, so nothing is rounded up into another
 * second (T-2). Null for what is negative or past the year 9999.
 */
export function floorDate(raw: string): number | null {
  const parts = decimal.exec(raw);
  const exponent = Number(parts?.[3] ?? 0);
  if (parts === null || Math.abs(exponent) > maxExponent) return null;

  const integer = parts[1] as string;
  const all = integer + (parts[2] ?? '');
  const digits = all.replace(/^0+/, '');
  const whole = integer.length + exponent - (all.length - digits.length);
  if (digits === '' || whole <= 0) return 0;
  if (whole > 12) return null;

  const seconds = Number(digits.slice(0, whole).padEnd(whole, '0'));
  return seconds <= maxDate ? seconds : null;
}
