// A client of W3C WebDriver, as far as the tests need it: over HTTP, which WebKitGTK's driver speaks, and on the socket of Firefox itself
// (Marionette), which takes the same commands without a driver beside it.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Sends commands, with parameters; rejects with what the browser says if it refuses one. */
export interface Transport {
  send(command: keyof typeof commands, parameters: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): void
}

/** What the protocol calls the reference to an element. */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf'

/** What each command is called on Marionette, and where it goes over HTTP. */
const commands = {
  newSession: { marionette: 'WebDriver:NewSession', path: '' },
  navigateTo: { marionette: 'WebDriver:Navigate', path: 'url' },
  executeScript: { marionette: 'WebDriver:ExecuteScript', path: 'execute/sync' },
  elementClick: { marionette: 'WebDriver:ElementClick', path: 'element/{id}/click' },
  elementSendKeys: { marionette: 'WebDriver:ElementSendKeys', path: 'element/{id}/value' },
} as const

/** The browser with one page, in a session of its own. */
export class RemotePage {
  private constructor(
    private readonly transport: Transport,
    /** As the browser calls itself. */
    readonly version: string,
  ) {}

  static async start(transport: Transport, capabilities: object = {}): Promise<RemotePage> {
    const alwaysMatch = { timeouts: { script: 30_000, pageLoad: 60_000 }, ...capabilities }
    const session = (await transport.send('newSession', { capabilities: { alwaysMatch } })) as {
      readonly capabilities: { readonly browserVersion: string }
    }
    return new RemotePage(transport, session.capabilities.browserVersion)
  }

  async goTo(url: string): Promise<void> {
    await this.transport.send('navigateTo', { url })
  }

  /** Runs a function in the page; it sees nothing but its arguments. */
  async evaluate<A extends readonly unknown[], R>(work: (...args: A) => R, ...args: A): Promise<R> {
    const script = `return (${String(work)})(...arguments)`
    return (await this.transport.send('executeScript', { script, args })) as R
  }

  /** Runs a function in the page until it gives something. Rejects after a minute and a half, with what the page then shows. */
  async waitFor<A extends readonly unknown[], R>(work: (...args: A) => R, ...args: A): Promise<NonNullable<R>> {
    let reason: unknown
    for (const end = Date.now() + 90_000; Date.now() < end;) {
      // There is no page while the next one is being loaded.
      try {
        const found = await this.evaluate(work, ...args)
        if (found !== undefined && found !== null) return found
      } catch (error) {
        reason = error
      }
      await delay(100)
    }
    const shown = await this.evaluate(() => `${location.href}: ${document.body.innerText}`)
    throw new Error(`${String(work)} of ${JSON.stringify(args)} found nothing at ${shown}`, { cause: reason })
  }

  /** Clicks on the element that a function finds in the page. */
  async click<A extends readonly unknown[]>(
    find: (...args: A) => Element | null | undefined,
    ...args: A
  ): Promise<void> {
    await this.onElement('elementClick', {}, find, args)
  }

  /** Types text into the element that a function finds in the page. */
  async type<A extends readonly unknown[]>(
    text: string,
    find: (...args: A) => Element | null | undefined,
    ...args: A
  ): Promise<void> {
    await this.onElement('elementSendKeys', { text }, find, args)
  }

  /** Tries for a few seconds: a page draws itself again, and the element is another one; or it scrolls, and WebKitGTK refuses. */
  private async onElement<A extends readonly unknown[]>(
    command: 'elementClick' | 'elementSendKeys',
    parameters: object,
    find: (...args: A) => Element | null | undefined,
    args: A,
  ): Promise<void> {
    for (const end = Date.now() + 5_000; ;) {
      const element = (await this.waitFor(find, ...args)) as unknown as Readonly<Record<typeof elementKey, string>>
      try {
        await this.transport.send(command, { id: element[elementKey], ...parameters })
        return
      } catch (error) {
        if (Date.now() > end) throw error
      }
      await delay(100)
    }
  }

  close(): void {
    this.transport.close()
  }
}

/** The HTTP server of a driver. */
export function overHttp(port: number): Transport {
  let session = ''
  return {
    async send(command, { id, ...parameters }) {
      const path = commands[command].path.replace('{id}', String(id))
      const url = `http://127.0.0.1:${port}/session${session}${path && `/${path}`}`
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(parameters) })
      const { value } = (await answer.json()) as { readonly value: unknown }
      if (!answer.ok) throw new Error(`${command}: ${JSON.stringify(value)}`)
      if (command === 'newSession') session = `/${(value as { readonly sessionId: string }).sessionId}`
      return value
    },
    close() {
      // Each command is a request of its own.
    },
  }
}

/** The socket of Firefox: each message is its length, a colon, and JSON: `[0, id, command, parameters]`, `[1, id, error, result]`. */
export async function overMarionette(port: number): Promise<Transport> {
  const socket = connect(port, '127.0.0.1')
  const answers = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  let received = Buffer.alloc(0)
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
    for (;;) {
      const colon = received.indexOf(':')
      const end = colon + 1 + Number(received.toString('latin1', 0, colon))
      if (colon < 0 || received.length < end) return
      const message = JSON.parse(received.toString('utf8', colon + 1, end)) as unknown
      received = received.subarray(end)
      if (!Array.isArray(message)) continue // It introduces itself.
      const [, id, error, result] = message as [number, number, object | null, unknown]
      if (error === null) answers.get(id)?.resolve(result)
      else answers.get(id)?.reject(new Error(JSON.stringify(error)))
      answers.delete(id)
    }
  })
  socket.on('close', () => {
    for (const { reject } of answers.values()) reject(new Error('the browser ended'))
  })
  await once(socket, 'connect')
  let last = 0
  return {
    async send(command, parameters) {
      const id = ++last
      const message = JSON.stringify([0, id, commands[command].marionette, parameters])
      const result = await new Promise((resolve, reject) => {
        answers.set(id, { resolve, reject })
        socket.write(`${Buffer.byteLength(message)}:${message}`)
      })
      return command === 'newSession' ? result : (result as { readonly value: unknown }).value
    },
    close() {
      socket.destroy()
    },
  }
}
