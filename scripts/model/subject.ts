/** The identity's distinguished name as every part of Gatehouse writes and compares it: `CN=NAME, O=…[, C=…]`. */
export function formatSubject(commonName: string, organization: string, country: string | null): string {
  return `CN=${commonName}, O=${organization}${country === null ? "" : `, C=${country}`}`;
}
