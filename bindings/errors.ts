/**
 * Every error that this library throws on purpose. `code` is stable and meant for programs; `message` is for people and
 * never holds a secret.
 */
export class UProveError extends Error {
  /** Stable, machine-readable reason, such as `'element/not-in-subgroup'`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The class of errors with these codes, each with a fixed text, so that no part of an input gets into a message. */
export function errorsWith<Code extends string>(
  messages: Readonly<Record<Code, string>>,
  // Said here, since declarations would otherwise repeat what Node's types add to the class Error.
): new (code: Code, options?: ErrorOptions) => UProveError & { readonly code: Code } {
  return class extends UProveError {
    declare readonly code: Code

    constructor(code: Code, options?: ErrorOptions) {
      super(code, messages[code], options)
    }
  }
}

/** An input value is malformed, out of range, or of the wrong length. */
export class InvalidInputError extends UProveError {}

/** A group description does not fit the subgroup construction, or is too weak without `allowLegacy`. */
export class InvalidGroupError extends UProveError {}

/**
 * No backend or kernel that the caller allows works here, the engine was used after `dispose()`, or the platform lacks what a
 * call needs (`engine/platform`; the message names it).
 */
export class EngineError extends UProveError {}

/** What `read` gives; undefined if it throws an error of a class, which says that there is nothing to read. */
export function undefinedOn<T>(errorClass: new (...args: never[]) => Error, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof errorClass) return undefined
    throw error
  }
}
