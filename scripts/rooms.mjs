// The rooms of the house, from the ground floor up. A file belongs to the longest entry that its path begins with, and imports
// only from its own room and from rooms above it in this list, types included. ESLint checks the order (`house/import-order`);
// `rooms.test.ts` checks that there is no circle, no crowded folder, and that ARCHITECTURE.md names the same rooms.

/** The rooms that run in browsers too. */
export const browserRooms = [
  'bindings/errors.ts',
  'bindings/octets',
  'bindings/engine',
  'bindings/core',
  'bindings/subgroup',
  'bindings/curve',
  'bindings/loading',
  'src/params',
  'src/group',
  'src/hash',
  'src/uprove/errors.ts',
  'src/uprove/nonces.ts',
  'src/uprove/parameters',
  'src/uprove/token',
  'src/uprove/issuance',
  'src/uprove/device',
  'src/uprove/presentation',
  'src/pool/errors.ts',
  'src/pool/queue',
  'src/pool/wire',
  'src/pool/worker',
  'src/pool/scheduling',
  'src/pool/parties',
  'src/pool',
  'src/pki/errors.ts',
  'src/pki/asn1',
  'src/pki/keys',
  'src/pki/x509',
  'src/pki/requests',
  'src/pki/archival',
  'src/pki/authority.ts',
  'src/pki/ca/errors.ts',
  'src/pki/ca/records',
  'src/pki/ca/policy',
  'src/pki/ca/issuing',
  'src/pki/ca',
  'src/pki',
  'src/xml',
  'src/soap/errors.ts',
  'src/soap/envelope',
  'src/soap/security',
  'src/soap/http',
  'src/soap',
  'src/authentication',
  'src/ws-trust/errors.ts',
  'src/ws-trust/syntax',
  'src/ws-trust/trust',
  'src/ws-trust/artefacts',
  'src/ws-trust/issuance',
  'src/ws-trust/presentation',
  'src/ws-trust/wallet',
  'src/ws-trust/soap',
  'src/ws-trust',
  'src/json/errors.ts',
  'src/json/syntax',
  'src/json/artefacts',
  'src/json/parties',
  'src/json',
  'src/storage',
  'src/wstep/errors.ts',
  'src/wstep/messages',
  'src/wstep/faults',
  'src/wstep/client',
  'src/wstep',
  'src/xcep',
  'src/protocols.ts',
  'src/slim.ts',
  'src/index.ts',
]

/** The rooms that need Node. */
export const nodeRooms = [
  'src/store/errors.ts',
  'src/store/process-lock.ts',
  'src/store/secret-file.ts',
  'src/store/database',
  'src/store/state',
  'src/store/records',
  'src/store',
  'src/server/packages.ts',
  'src/server/http',
  'src/server/observation',
  'src/server/deployment',
  'src/server/checks',
  'src/server/routes',
  'src/server/parties',
  'src/server',
  'src/cli/errors.ts',
  'src/cli/command',
  'src/cli/files',
  'src/cli/servers',
  'src/cli/inspection',
  'src/cli/wallet',
  'src/cli/json-framework',
  'src/cli/authority',
  'src/cli/renewal',
  'src/cli/vectors',
  'src/cli/self-check',
  'src/cli/commands',
  'src/cli/demo',
  'src/cli',
  'src/e2e',
]

/** The rooms that measure the house from outside. They may use the files that serve tests. */
export const benchRooms = [
  'bench/program',
  'bench/timing',
  'bench/arithmetic',
  'bench/protocols',
  'bench/throughput',
  'bench/browser',
  'bench/service',
  'bench/simulation',
]

export const rooms = [...browserRooms, ...nodeRooms, ...benchRooms]

/**
 * The room of a file.
 * @param {string} file its path in the repository, with forward slashes
 * @returns {number} the place in `rooms`, or -1 for a file of no room
 */
export function roomOf(file) {
  let found = -1
  rooms.forEach((room, i) => {
    if ((file === room || file.startsWith(`${room}/`)) && room.length > (rooms[found] ?? '').length) found = i
  })
  return found
}

/**
 * Whether a file is a test, or serves tests only.
 * @param {string} file
 */
export function isForTests(file) {
  return /\.test\.ts$|\/testing\//.test(file)
}
