import type { ServerSettings } from './settings.ts';
import type { Bucket } from './store/bucket.ts';

/** The bucket that the settings name; undefined when they name none. */
export async function openBucket(settings: ServerSettings): Promise<Bucket | undefined> {
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
