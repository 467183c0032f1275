import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** What takes a minute each: killed servers, every page and kernel in a browser, each command of the guides. */
const long = [
  'bench/service/kill.test.ts',
  'bench/simulation/farm.test.ts',
  'src/cli/vectors/refusals/oracles.test.ts',
  'src/e2e/command-line.test.ts',
  'src/e2e/curves.test.ts',
  'src/e2e/full-disk.test.ts',
  'src/e2e/operating.test.ts',
  'src/e2e/other-browsers.test.ts',
  'src/e2e/runbooks.test.ts',
  'src/e2e/wstep-walk.test.ts',
  'src/pool/killed-workers.test.ts',
  'src/store/crash.test.ts',
  'src/store/database/disk-full.test.ts',
]

/** Whole processes, browsers, databases, installed packages: files, or folders that end with a slash. */
const e2e = [
  'src/e2e/',
  'src/cli/demo/',
  'src/cli/self-check/',
  'src/cli/commands/ca.test.ts',
  'src/cli/commands/archival-commands.test.ts',
  'src/cli/commands/renew.test.ts',
  'src/cli/commands/server-commands.test.ts',
  'src/cli/commands/token-commands.test.ts',
  'src/server/checks/',
  'src/server/refusals.test.ts',
  'src/server/service.test.ts',
  'src/store/store.test.ts',
  'src/store/database/pglite.test.ts',
  'src/store/database/postgres.test.ts',
  'src/pool/bundling.test.ts',
  'src/xml/signature-interop.test.ts',
  'scripts/embedders/page.test.ts',
]

/** Arithmetic on every kernel, every curve and every set; proofs, derivations, known answers. */
const kernels = [
  'proofs/proofs.test.ts',
  'bindings/curve/constant-time.test.ts',
  'bindings/curve/curve.test.ts',
  'bindings/curve/nist.test.ts',
  'bindings/curve/wasm-curve.test.ts',
  'bindings/curve/wycheproof.test.ts',
  'bindings/testing/equivalence.test.ts',
  'bindings/subgroup/validation.test.ts',
  'bindings/subgroup/wasm-engine.test.ts',
  'bindings/out-of-memory.test.ts',
  'bindings/subgroup/derivation.test.ts',
  'src/params/params.test.ts',
  'src/uprove/constant-time.test.ts',
  'src/uprove/related-bases.test.ts',
  'src/cli/commands/vectors.test.ts',
  'src/cli/vectors/document.test.ts',
]

/** Mutations, passwords, weak keys, programs of the documents: for seconds each. */
const slow = [
  'src/cli/vectors/refusals/refusals.test.ts',
  'src/index.test.ts',
  'src/pki/ca/denials.test.ts',
  'src/pki/ca/issuing.test.ts',
  'src/pki/ca/operations.test.ts',
  'src/pki/keys/dsa.test.ts',
  'src/pki/keys/weak-keys.test.ts',
  'src/pki/oracles.test.ts',
  'src/pki/pkijs.test.ts',
  'src/pki/requests/cms.test.ts',
  'src/pki/requests/pkcs10.test.ts',
  'src/pki/x509/name.test.ts',
  'src/pki/x509/pkits.test.ts',
  'src/pool/parties/pool-prover.test.ts',
  'src/pool/pool.test.ts',
  'src/server/deployment/accounts.test.ts',
  'src/server/deployment/passwords.test.ts',
  'src/server/http/host.test.ts',
  'src/soap/mutation.test.ts',
  'src/ws-trust/issuance/pool-backend.test.ts',
  'src/ws-trust/mutation.test.ts',
  'src/xml/oracles.test.ts',
  'src/wstep/hostile.test.ts',
  'scripts/examples.test.ts',
  'scripts/vectors/negative.test.ts',
]

/** What takes parts of the platform away while modules load, or counts what they keep: it has modules of its own. */
const apart = [
  'bindings/loading/create-curve-engine.test.ts',
  'bindings/octets/platform.test.ts',
  'src/uprove/memory-scan.test.ts',
  'src/uprove/parameters/tables.test.ts',
]

const absent = [...long, ...e2e, ...slow, ...kernels, ...apart].filter((path) => !existsSync(path))
if (absent.length > 0) throw new Error(`vitest.config.ts names what does not exist: ${absent.join(', ')}`)

const globs = (paths: string[]) => paths.map((path) => (path.endsWith('/') ? `${path}**/*.test.ts` : path))

/**
 * `npm test` runs all but `long` and `kernels`, which `npm run test:long` and `npm run test:kernels` run; `npm run test:unit` runs what takes less than a minute together. Files of
 * `unit` and `slow` share modules within a worker, which saves a third of their time.
 */
export default defineConfig({
  test: {
    testTimeout: 120_000,
    setupFiles: ['bindings/testing/octet-equality.ts'],
    // By default one core is left idle, of two one half.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{bindings,src,bench,scripts,proofs}/**/*.test.ts'],
          exclude: globs([...long, ...e2e, ...slow, ...kernels, ...apart]),
          isolate: false,
        },
      },
      { extends: true, test: { name: 'apart', include: globs(apart) } },
      // The whole of the wallet page has a command and settings of its own, `npm run test:wallet`.
      { extends: true, test: { name: 'e2e', include: globs(e2e), exclude: [...globs(long), 'src/e2e/wallet/**'] } },
      { extends: true, test: { name: 'slow', include: globs(slow), isolate: false } },
      { extends: true, test: { name: 'kernels', include: globs(kernels), isolate: false } },
      { extends: true, test: { name: 'long', include: globs(long) } },
    ],
  },
})
