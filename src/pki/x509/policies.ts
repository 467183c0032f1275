import type { Certificate } from './certificate.js'
import type { PolicyMapping } from './constraints.js'

const ANY_POLICY = '2.5.29.32.0'

/** The user's requirements on the policies of a path: the inputs (c) to (g) of RFC 5280, section 6.1.1. */
export interface PolicyOptions {
  /** OIDs of acceptable policies. Default: any. */
  readonly policies?: readonly string[]
  /** Default false. */
  readonly requireExplicitPolicy?: boolean
  readonly inhibitPolicyMapping?: boolean
  readonly inhibitAnyPolicy?: boolean
}

/** A certificate of a path below its anchor. */
export interface PathStep {
  readonly certificate: Certificate
  readonly isSelfIssued: boolean
}

/** A node of the valid_policy_tree, without its qualifiers. */
interface Node {
  readonly policy: string
  expected: ReadonlySet<string>
  readonly parent: Node | undefined
}

/** More nodes than any path needs: mappings multiply them. */
const MAX_NODES = 1024
/** More policies, or mappings, than any certificate needs. A path with more is refused, since they take long to compare. */
const MAX_POLICIES = 256

/**
 * Whether the policies of a path allow it: the valid_policy_tree of RFC 5280, section 6.1. The path begins with the certificate
 * that the anchor issued; constraints of the anchor itself count as those of a certificate before it.
 */
export function arePoliciesAllowed(
  anchor: Certificate,
  path: readonly PathStep[],
  options: PolicyOptions = {},
): boolean {
  const n = path.length
  let explicitPolicy = options.requireExplicitPolicy === true ? 0 : n + 1
  let policyMapping = options.inhibitPolicyMapping === true ? 0 : n + 1
  let inhibitAnyPolicy = options.inhibitAnyPolicy === true ? 0 : n + 1
  const constrain = ({ policyConstraints, inhibitAnyPolicy: inhibited }: Certificate): void => {
    explicitPolicy = Math.min(explicitPolicy, policyConstraints?.requireExplicitPolicy ?? Infinity)
    policyMapping = Math.min(policyMapping, policyConstraints?.inhibitPolicyMapping ?? Infinity)
    inhibitAnyPolicy = Math.min(inhibitAnyPolicy, inhibited ?? Infinity)
  }
  constrain(anchor)
  /** The nodes of the greatest depth; none for the tree that is NULL. */
  let leaves: readonly Node[] = [{ policy: ANY_POLICY, expected: new Set([ANY_POLICY]), parent: undefined }]

  for (const [i, { certificate, isSelfIssued }] of path.entries()) {
    const isLast = i === n - 1
    const { policies = [], policyMappings = [] } = certificate
    if (policies.length > MAX_POLICIES || policyMappings.length > MAX_POLICIES) return false
    // (d), (e); (f) comes at the end, since a tree that is NULL stays so.
    const mayBeAny = inhibitAnyPolicy > 0 || (!isLast && isSelfIssued)
    leaves = nextLeaves(leaves, policies, mayBeAny)
    if (leaves.length > MAX_NODES) return false
    if (isLast) break

    // Section 6.1.4 (a), (b)
    if (policyMappings.some((one) => one.issuerPolicy === ANY_POLICY || one.subjectPolicy === ANY_POLICY)) return false
    leaves = mapped(leaves, policyMappings, policyMapping > 0)
    // (h) to (j)
    if (!isSelfIssued) {
      explicitPolicy--
      policyMapping--
      inhibitAnyPolicy--
    }
    constrain(certificate)
  }

  // Section 6.1.5 (a), (b), (g): the last certificate counts, self-issued or not.
  explicitPolicy--
  if (path[n - 1]?.certificate.policyConstraints?.requireExplicitPolicy === 0) explicitPolicy = 0
  return explicitPolicy > 0 || leaves.some((leaf) => isAcceptable(leaf, options.policies))
}

/**
 * Section 6.1.3 (d): nodes for the policies that the nodes above expect, and for the remaining ones under anyPolicy. Stops soon
 * after `MAX_NODES`: hundreds of policies under a thousand nodes would take long.
 */
function nextLeaves(leaves: readonly Node[], policies: readonly string[], mayBeAny: boolean): Node[] {
  const next: Node[] = []
  const below = new Map(leaves.map((leaf) => [leaf, new Set<string>()]))
  const add = (policy: string, parent: Node): void => {
    below.get(parent)!.add(policy)
    next.push({ policy, expected: new Set([policy]), parent })
  }
  for (const policy of policies) {
    if (policy === ANY_POLICY) continue
    const parents = leaves.filter(({ expected }) => expected.has(policy))
    const above = parents.length > 0 ? parents : leaves.filter((leaf) => leaf.policy === ANY_POLICY)
    for (const parent of above) add(policy, parent)
    if (next.length > MAX_NODES) return next
  }
  if (policies.includes(ANY_POLICY) && mayBeAny) {
    for (const parent of leaves) {
      for (const policy of parent.expected) if (!below.get(parent)!.has(policy)) add(policy, parent)
      if (next.length > MAX_NODES) return next
    }
  }
  return next
}

/** Section 6.1.4 (b): policies that are mapped expect others below, or end where mapping is inhibited. */
function mapped(leaves: readonly Node[], policyMappings: readonly PolicyMapping[], mayMap: boolean): readonly Node[] {
  const targets = new Map<string, Set<string>>()
  for (const { issuerPolicy, subjectPolicy } of policyMappings) {
    targets.set(issuerPolicy, (targets.get(issuerPolicy) ?? new Set()).add(subjectPolicy))
  }
  if (!mayMap) return leaves.filter(({ policy }) => !targets.has(policy))
  const next = [...leaves]
  for (const [policy, expected] of targets) {
    const nodes = next.filter((node) => node.policy === policy)
    for (const node of nodes) node.expected = expected
    const any = next.find((node) => node.policy === ANY_POLICY)
    if (nodes.length === 0 && any) next.push({ policy, expected, parent: any.parent })
  }
  return next
}

/** Section 6.1.5 (g): whether the node comes from one of the policies that the user accepts. */
function isAcceptable(leaf: Node, accepted: readonly string[] | undefined): boolean {
  if (accepted === undefined || accepted.includes(ANY_POLICY)) return true
  // The node of the domain that the anchor knows: the first below anyPolicy.
  let node = leaf
  while (node.parent !== undefined && node.parent.policy !== ANY_POLICY) node = node.parent
  return node.policy === ANY_POLICY || accepted.includes(node.policy)
}
