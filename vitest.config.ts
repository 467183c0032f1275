import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

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
  'src/server/service.test.ts',
  'src/store/crash.test.ts',
  'src/store/store.test.ts',
  'src/store/database/pglite.test.ts',
  'src/store/database/postgres.test.ts',
  'src/pool/bundling.test.ts',
  'src/xml/signature-interop.test.ts',
  'bench/service/kill.test.ts',
]

/** Arithmetic on every kernel, derivations, known answers, mutations, passwords, weak keys: for seconds each. */
const slow = [
  'bindings/curve/',
  'bindings/testing/equivalence.test.ts',
  'bindings/subgroup/validation.test.ts',
  'bindings/subgroup/wasm-engine.test.ts',
  'bindings/subgroup/derivation.test.ts',
  'src/params/params.test.ts',
  'src/uprove/related-bases.test.ts',
  'src/cli/commands/vectors.test.ts',
  'src/cli/vectors/document.test.ts',
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
]

const absent = [...e2e, ...slow].filter((path) => !existsSync(path))
if (absent.length > 0) throw new Error(`vitest.config.ts names what does not exist: ${absent.join(', ')}`)

const globs = (paths: string[]) => paths.map((path) => (path.endsWith('/') ? `${path}**/*.test.ts` : path))

/** `npm test` runs all three; `npm run test:unit` runs what takes less than a minute together. */
export default defineConfig({
  test: {
    testTimeout: 120_000,
    // By default one core is left idle, of two one half.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{bindings,src,bench,scripts}/**/*.test.ts'],
          exclude: globs([...e2e, ...slow]),
        },
      },
      { extends: true, test: { name: 'e2e', include: globs(e2e) } },
      { extends: true, test: { name: 'slow', include: globs(slow) } },
    ],
  },
})
