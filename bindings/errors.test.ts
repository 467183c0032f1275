import { describe, expect, it } from 'vitest'
import { EngineError, errorsWith, InvalidInputError, undefinedOn, UProveError } from './errors.js'

describe('an error of this library', () => {
  it('has the name of its class, a code, a text and a cause', () => {
    const cause = new Error('why')
    const error = new EngineError('engine/options', 'a text', { cause })
    expect(error).toBeInstanceOf(UProveError)
    expect(error).toMatchObject({ name: 'EngineError', code: 'engine/options', message: 'a text', cause })
    expect('cause' in new UProveError('a', 'b')).toBe(false)
  })

  it('has the text of its code where a class has one for each', () => {
    class OwnError extends errorsWith({ 'own/one': 'the first', 'own/two': 'the second' }) {}
    const cause = new Error('why')
    const error = new OwnError('own/two', { cause })
    expect(error).toBeInstanceOf(UProveError)
    expect(error).toMatchObject({ name: 'OwnError', code: 'own/two', message: 'the second', cause })
  })
})

describe('what cannot be read', () => {
  it('is undefined, if the error is of the class that says so', () => {
    const failing = (error: Error) => (): number => {
      throw error
    }
    expect(undefinedOn(InvalidInputError, () => 5)).toBe(5)
    expect(undefinedOn(InvalidInputError, failing(new InvalidInputError('a', 'b')))).toBeUndefined()
    const other = new EngineError('a', 'b')
    expect(() => undefinedOn(InvalidInputError, failing(other))).toThrow(other)
  })
})
