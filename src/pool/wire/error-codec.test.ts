import { describe, expect, it } from 'vitest'
import { EngineError, InvalidGroupError, InvalidInputError, UProveError } from '../../../bindings/errors.js'
import { ProtocolError } from '../../uprove/errors.js'
import { receiveError, sendError } from './error-codec.js'
import { PoolError } from '../errors.js'

describe('errors', () => {
  const classes = [UProveError, EngineError, InvalidGroupError, InvalidInputError, ProtocolError, PoolError]

  it.each(classes.map((constructor) => [constructor.name, constructor] as const))('keep %s', (name, constructor) => {
    const sent = structuredClone(sendError(new constructor('some/code', 'what is wrong')))
    const received = receiveError(sent)
    expect(received.constructor).toBe(constructor)
    expect(received).toMatchObject({ name, code: 'some/code', message: 'what is wrong' })
  })

  it.each([TypeError, RangeError, Error])('keep %o', (constructor) => {
    const received = receiveError(structuredClone(sendError(new constructor('what is wrong'))))
    expect(received.constructor).toBe(constructor)
    expect(received.message).toBe('what is wrong')
    expect(received).not.toHaveProperty('code')
  })

  it('are errors, whatever was thrown', () => {
    expect(receiveError(sendError('text')).constructor).toBe(Error)
    expect(receiveError(sendError(new SyntaxError('x'))).constructor).toBe(Error)
  })
})
