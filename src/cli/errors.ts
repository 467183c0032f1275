/** A mistake in the arguments, or a file of a kind that the command does not take. Exit code 2. */
export class UsageError extends Error {}

/** The command was called correctly, and failed or was refused. Exit code 1. */
export class FailureError extends Error {}
