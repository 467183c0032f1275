import { AsyncLocalStorage } from 'node:async_hooks'

/** The request that is being answered, for log lines. */
export interface RequestContext {
  readonly id: string
  readonly route: string
  /** The client's address. */
  readonly address: string
  /** The account that the request names, once the directory knows it. */
  account?: string
  /** Set when a part that the request needs is unavailable for now: its answer is then 503. */
  isUnavailable?: boolean
}

/** Holds the context of the current request for everything that the request calls. */
export const requestContext = new AsyncLocalStorage<RequestContext>()
