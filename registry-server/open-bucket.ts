import type { ServerSettings } from './settings.ts';
import type { Bucket } from './store/bucket.ts';

type BucketSettings = Pick<
  ServerSettings,
  | 's3Bucket'
  | 's3Prefix'
  | 's3Endpoint'
  | 's3Region'
  | 'isS3PathStyle'
  | 's3AccessKeyId'
  | 's3SecretAccessKey'
>;

/** The bucket that the settings name; undefined when they name none. */
export async function openBucket(settings: BucketSettings): Promise<Bucket | undefined> {
  const { s3Bucket, s3AccessKeyId, s3SecretAccessKey } = settings;
  if (s3Bucket === undefined) return undefined;
  // Only now: the client of S3 weighs as much as the rest of the server.
  const s3 = await import('./store/s3.ts');
  return s3.openBucket({
    bucket: s3Bucket,
    prefix: settings.s3Prefix,
    endpoint: settings.s3Endpoint,
    region: settings.s3Region,
    isPathStyle: settings.isS3PathStyle,
    credentials:
      s3AccessKeyId !== undefined && s3SecretAccessKey !== undefined
        ? { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey }
        : undefined,
  });
}

/** The archive of the registry that a new one begins with, as the settings name it; undefined when they name none. */
export function openBootstrapSource(settings: ServerSettings): Promise<Bucket | undefined> {
  return openBucket({
    s3Bucket: settings.bootstrapBucket,
    s3Prefix: settings.bootstrapPrefix,
    s3Endpoint: settings.bootstrapEndpoint,
    s3Region: settings.bootstrapRegion,
    isS3PathStyle: settings.isBootstrapPathStyle,
    s3AccessKeyId: settings.bootstrapAccessKeyId,
    s3SecretAccessKey: settings.bootstrapSecretAccessKey,
  });
}
