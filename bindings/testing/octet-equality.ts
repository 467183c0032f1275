import { expect } from 'vitest'

/**
 * Octets that are equal are found so at once. Without this, vitest compares arrays of octets item by item through its rules for
 * objects: a table of 200 KiB takes seconds. Where they differ its own comparison decides, and prints what differs.
 */
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    a instanceof Uint8Array && b instanceof Uint8Array && a.constructor === b.constructor && Buffer.compare(a, b) === 0
      ? true
      : undefined,
])
