import type { DenialReason } from '../../authority.js'
import { DENIAL_CODES } from './hresult.js'
import type { Denial } from '../records/store.js'

export const denial = (reason: DenialReason, errorCode = DENIAL_CODES[reason]): Denial => ({
  status: 'denied',
  reason,
  errorCode,
})

export const isDenial = (value: object): value is Denial => 'status' in value && value.status === 'denied'
