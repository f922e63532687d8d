/** The version of this package, by which receipts and lists know it. */
export const version = '0.1.0';
