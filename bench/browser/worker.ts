// A worker that does everything: the page requests presentations and never gets a key.
import { fetchFixture } from './fixture.js'
import { start } from './page.js'
import type { Presenter } from './presenter.js'

export type Asked = 'start' | 'present'
/** Milliseconds that it took. */
export type Answered = number

let presenter: Presenter | undefined

async function answer(asked: Asked): Promise<Answered> {
  const begin = performance.now()
  if (asked === 'start') presenter = await start(await fetchFixture('L2048N256'), 'computed')
  else presenter?.present()
  return performance.now() - begin
}

globalThis.onmessage = ({ data }: MessageEvent<Asked>) =>
  void answer(data).then((milliseconds) => postMessage(milliseconds))
