/**
 * Base64url as RFC 7515 means it: the alphabet alone, no padding, no blanks, zero tail bits (JWS-1, T-15). Node's decoder takes all of
 * those, so one token would have several spellings; only the canonical one comes back the same. Null for anything else, and for nothing.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return text.length > 0 && bytes.toString('base64url') === text ? bytes : null;
}
