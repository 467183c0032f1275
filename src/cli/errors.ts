/** What the user got wrong: arguments, or a file that is not what the command takes. Exit code 2. */
export class UsageError extends Error {}

/** What the command was refused, or could not do, though it was called rightly. Exit code 1. */
export class FailureError extends Error {}
