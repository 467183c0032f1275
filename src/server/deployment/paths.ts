/** The paths of a deployment's parties, below its URL. */
export const PATHS = {
  securityTokenService: '/wstep',
  policyService: '/policy',
  claimProvider: '/claims',
  relyingParty: '/present',
  jsonFramework: '/json',
  keySet: '/.well-known/jwks.json',
  schemas: '/schemas',
  issuerParameters: '/issuer-parameters',
  authority: '/authority.crt',
  revoked: '/authority.crl',
} as const
