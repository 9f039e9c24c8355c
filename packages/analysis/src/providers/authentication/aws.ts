import type { AwsCredentials } from '@kargo/integrations';

type Environment = Readonly<Record<string, string | undefined>>;

/** The AWS credentials an operator gave by environment. Fails, naming the variables, without them. */
export function awsCredentials(environment: Environment = {}): AwsCredentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment;
  if (!accessKeyId || !secretAccessKey)
    throw new Error(
      'there are no AWS credentials: start the analysis engine with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set',
    );
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** The AWS region an operator gave by environment. Fails, naming the variable, without it. */
export function awsRegion(environment: Environment = {}): string {
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  if (!region) throw new Error('there is no AWS region: start the analysis engine with AWS_REGION set');
  return region;
}
