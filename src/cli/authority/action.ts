import type { ExitCode } from '../command/command.js'
import { UsageError } from '../errors.js'
import type { Operator } from '../servers/operator.js'
import type { Terminal } from '../command/terminal.js'

/** Options that some actions of `uprove ca` take, by name. */
export const actionOptions = {
  status: { type: 'string', value: 'STATUS', description: 'list: pending, issued, denied, held or revoked' },
  account: { type: 'string', value: 'NAME', description: 'list, templates, unlock: of this account' },
  profile: { type: 'string', value: 'NAME', description: 'list: of this profile' },
  subject: { type: 'string', value: 'TEXT', description: 'list: with this text in the subject' },
  serial: { type: 'string', value: 'SERIAL', description: 'list: with this serial number' },
  'expires-before': {
    type: 'string',
    value: 'WHEN',
    description: 'list: valid now, and ending before a date (2027-01-31) or within a time (30d)',
  },
  limit: { type: 'string', value: 'N', description: 'list: at most so many, from 1 to 1000 (default: 100)' },
  after: { type: 'string', value: 'ID', description: 'list: the page after this request' },
  reason: { type: 'string', value: 'REASON', description: 'revoke: why (default: unspecified)' },
  address: { type: 'string', value: 'IP', description: 'unlock: this address, with its /64 for IPv6' },
  out: {
    type: 'string',
    value: 'FILE',
    description: 'crl: also write it here, DER; recover: the PKCS#12 file to write',
  },
  'agent-key': { type: 'string', value: 'FILE', description: 'recover: the private key of a recovery agent, PEM' },
  'agent-certificate': { type: 'string', value: 'FILE', description: 'recover: its certificate, PEM' },
  'password-file': {
    type: 'string',
    value: 'FILE',
    description:
      'recover: file with the password of the PKCS#12 file; - reads standard input (default: the variable UPROVE_PASSWORD)',
  },
  json: { type: 'boolean', description: 'print the result as JSON' },
} as const

export type ActionOption = Exclude<keyof typeof actionOptions, 'json'>
export type ActionValues = { readonly [K in ActionOption]?: string } & { readonly json?: boolean }

export interface Call {
  readonly operator: Operator
  /** Empty if the action takes none. */
  readonly argument: string
  readonly values: ActionValues
}

/** An action of `uprove ca`. */
export interface Action {
  /** The argument that it needs, in words. */
  readonly takes?: string
  readonly options?: readonly ActionOption[]
  /** Throws `UsageError`, before it asks the operator's server. */
  run(call: Call, terminal: Terminal): Promise<ExitCode>
}

/** Throws `UsageError` for an option that the action does not take. */
export function checkOptions(name: string, { options = [] }: Action, values: ActionValues): void {
  for (const option of Object.keys(values)) {
    if (option !== 'json' && !options.some((known) => known === option)) {
      throw new UsageError(`${name} takes no --${option}`)
    }
  }
}

/** Prints a value as JSON, or the text. */
export function say(out: Terminal['out'], { json = false }: ActionValues, value: unknown, text: string): void {
  out.write(`${json ? JSON.stringify(value) : text}\n`)
}
