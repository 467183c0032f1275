export { StoreError, type StoreErrorCode } from './errors.js'
export { keyInEnvironment, keyInFile, stateKeyFromOctets, type KeySource, type StateKey } from './state/key-source.js'
export { LoginAttempts, type LoginPolicy } from './state/login-attempts.js'
export type { DatabaseTls } from './database/postgres.js'
export {
  DEFAULT_ROW_LIMITS,
  locationFromEnvironment,
  openStore,
  rotateStateKey,
  type RowLimits,
  type Store,
  type StoreOptions,
} from './store.js'
export { probeStore, type DatabaseOptions, type StoreLocation, type StoreProbe } from './databases.js'
export { createSecretFile, replaceSecretFile } from './secret-file.js'
export {
  FileWalletStorage,
  openFileWallet,
  openJsonFileWallet,
  type FileWalletOptions,
  type FileWalletStorageOptions,
} from './wallet-file.js'
