import { mayEnroll, type Profile } from '../../pki/ca/policy/profile.js'
import { whyNotOffered, type NotOffered } from '../../xcep/profile-policy.js'
import { columns, exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { UsageError } from '../errors.js'
import type { Action } from './action.js'

/** Why clients of the policy service are not told of a profile. */
const REASONS: Readonly<Record<NotOffered, string>> = {
  'no-template': 'it has no `template` with an object identifier',
  'template-arc': 'an arc of its object identifier is 2^32 or more, where Windows stops reading',
  keys: 'it takes no keys that Windows can make',
}

/** Lists the profiles as `uprove.yaml` has them: what the policy service offers, and why it does not offer the others. */
export const templates: Action = {
  options: ['account'],
  async run({ operator: { deployment }, values: { account, json = false } }, { out }) {
    const { policy, authority } = deployment.configuration
    const { directory } = deployment
    if (account !== undefined && !directory.knows(account)) {
      throw new UsageError(`${printable(account)} is not in ${deployment.configuration.users}`)
    }
    const entry = async (profile: Profile): Promise<Entry> => {
      const { machine = false, autoEnroll = false } = authority.profiles[profile.name] ?? {}
      const why = policy === undefined ? 'there is no `policy` in uprove.yaml' : reasonOf(profile)
      return {
        name: profile.name,
        oid: profile.template?.oid,
        version: profile.template && `${profile.template.major}.${profile.template.minor}`,
        offered: why === undefined,
        why,
        machine,
        autoEnroll,
        approval: profile.approval,
        mayEnroll: account === undefined ? undefined : await mayEnroll(profile, { id: account, method: 'password' }),
      }
    }
    const { profilesOf } = await import('../../server/deployment/profiles.js')
    const entries = await Promise.all(profilesOf(authority.profiles, directory).map(entry))
    out.write(json ? `${JSON.stringify(entries)}\n` : columns(entries.map(rowOf)))
    return exitCode.success
  },
}

interface Entry {
  readonly name: string
  readonly oid: string | undefined
  readonly version: string | undefined
  readonly offered: boolean
  /** Why it is not offered. */
  readonly why: string | undefined
  readonly machine: boolean
  readonly autoEnroll: boolean
  readonly approval: Profile['approval']
  /** Whether the account that was asked about may enroll. */
  readonly mayEnroll: boolean | undefined
}

function reasonOf(profile: Profile): string | undefined {
  const why = whyNotOffered(profile)
  return why && REASONS[why]
}

function rowOf({ name, oid, version, why, machine, autoEnroll, approval, mayEnroll: may }: Entry): [string, string] {
  const facts = [
    why === undefined ? `offered as ${oid ?? ''}, version ${version ?? ''}` : `not offered: ${why}`,
    ...(machine ? ['for machines'] : []),
    ...(autoEnroll ? ['enrolled for automatically'] : []),
    ...(approval === 'operator' ? ['an operator approves'] : []),
    ...(may === false ? ['the account may not enrol'] : []),
  ]
  return [printable(name), facts.join(', ')]
}
