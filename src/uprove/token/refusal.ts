/** Why a token or a presentation was refused. Stable, for programs. */
export type RefusalCode =
  | 'token/issuer-parameters'
  | 'token/device'
  | 'token/scalar-range'
  | 'token/h-not-in-subgroup'
  | 'token/sigma-z-prime-not-in-subgroup'
  | 'token/signature'
  | 'presentation/device'
  | 'presentation/scalar-range'
  | 'presentation/attribute'
  | 'presentation/extensions'
  | 'presentation/pseudonym-missing'
  | 'presentation/pseudonym-unexpected'
  | 'presentation/pseudonym-source'
  | 'presentation/pseudonym-not-in-subgroup'
  | 'presentation/pseudonym-is-one'
  | 'presentation/commitment-not-in-subgroup'
  | 'presentation/proof'

/** A refused token or presentation. */
export interface Refusal {
  readonly valid: false
  readonly code: RefusalCode
}

/** A refusal with this code. */
export function refusal(code: RefusalCode): Refusal {
  return { valid: false, code }
}
