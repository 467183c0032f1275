/** What the user got wrong: arguments, or a file that is not what the command takes. Exit code 2. */
export class UsageError extends Error {}
