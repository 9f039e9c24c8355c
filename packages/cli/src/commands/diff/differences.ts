import { CLIError, EXIT_CODES, exitCodeOf, messageOf, QuietEnd } from '../../cli-error.ts';

/**
 * Runs a comparison as diff programs do: exit code 0 when it finds no differences, 1 when it does, and another one when it fails, which is
 * why failures that elsewhere end with 1 end with 2 here.
 */
export async function comparing(compare: () => Promise<boolean>): Promise<void> {
  let differs: boolean;
  try {
    differs = await compare();
  } catch (error) {
    if (exitCodeOf(error) !== EXIT_CODES.differences) throw error;
    throw new CLIError('Diff', messageOf(error), error);
  }
  if (differs) throw new QuietEnd(EXIT_CODES.differences);
}
