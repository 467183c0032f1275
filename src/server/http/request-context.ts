import { AsyncLocalStorage } from 'node:async_hooks'

/** The request that is being answered, for log lines. */
export interface RequestContext {
  readonly id: string
  readonly route: string
  /** The client's address. */
  readonly address: string
  /** The account that the request names, once the directory knows it. */
  account?: string
  /** The identifier of the trace that the request belongs to (W3C Trace Context). */
  readonly trace?: string
  /** The code of the last refusal or failure. */
  code?: string
  /**
   * Set when the request fails for now only: its answer then has this status, and says after how many seconds to try again. 503:
   * this server cannot do it now; 429: the client asks for too much. `isOutage`: because a database is unavailable.
   */
  retry?: { readonly status: 503 | 429; readonly after: number; readonly isOutage?: boolean }
}

/** Holds the context of the current request for everything that the request calls. */
export const requestContext = new AsyncLocalStorage<RequestContext>()
