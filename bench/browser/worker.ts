// A worker that does everything: the page requests presentations and never gets a key.
import { fetchFixture } from './fixture.js'
import { Presenter } from './page.js'

export type Asked = 'start' | 'present'
/** Milliseconds that it took. */
export type Answered = number

let presenter: Presenter | undefined

async function answer(asked: Asked): Promise<Answered> {
  const begin = performance.now()
  if (asked === 'start') presenter = await Presenter.start(await fetchFixture(), 'computed')
  else presenter?.present()
  return performance.now() - begin
}

globalThis.onmessage = ({ data }: MessageEvent<Asked>) =>
  void answer(data).then((milliseconds) => postMessage(milliseconds))
