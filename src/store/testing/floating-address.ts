import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** An address on this machine that can move from one server to another, as that of a farm's database does. */
export class FloatingAddress {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  private constructor(private to: number) {
    this.#server = createServer((client) => {
      const behind = connect(this.to, '127.0.0.1')
      for (const [socket, other] of [
        [client, behind],
        [behind, client],
      ] as const) {
        this.#sockets.add(socket)
        socket.pipe(other)
        // Its end tells.
        socket.on('error', () => undefined)
        socket.once('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
      }
    })
  }

  /** @param to the port of the server behind it */
  static async start(to: number): Promise<FloatingAddress> {
    const address = new FloatingAddress(to)
    await once(address.#server.listen(0, '127.0.0.1'), 'listening')
    return address
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks what is connected. */
  move(to: number): void {
    this.to = to
    for (const socket of this.#sockets) socket.destroy()
  }

  stop(): void {
    this.#server.close()
    this.move(0)
  }
}
