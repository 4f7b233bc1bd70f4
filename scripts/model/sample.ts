/** The names in the clients.yaml that Gatehouse comes with: nobody's own. */
export const SAMPLE_AUTHORITY = { commonName: "Example Packages CA", organization: "Example Ltd" } as const;

/** Whether an authority goes, or would go, by a name that nobody chose. */
export function isSample({ commonName, organization }: { commonName: string; organization: string }): boolean {
  return commonName === SAMPLE_AUTHORITY.commonName || organization === SAMPLE_AUTHORITY.organization;
}
