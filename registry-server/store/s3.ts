import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

import { type Bucket, BucketUnavailable, ObjectRefused } from './bucket.ts';

export interface BucketSettings {
  readonly bucket: string;
  /** Before every key; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly isPathStyle: boolean;
  /** Undefined where they are found as AWS's own programs find theirs. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

const CONNECT_TIMEOUT_MS = 3_000;
const MAX_SOCKETS = 64;
const ONE_OBJECT = ['KeyTooLongError', 'EntityTooLarge', 'InvalidObjectName', 'XMinioInvalidObjectName'];

export function openBucket(settings: BucketSettings): Bucket {
  const { bucket, prefix, endpoint } = settings;
  const client = new S3Client({
    region: settings.region,
    endpoint,
    forcePathStyle: settings.isPathStyle,
    credentials: settings.credentials,
    // Tried again by who asks, who knows how long there is time.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
      httpsAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
    },
    // Not every S3 knows the newer checksums; what is read back is compared with its own digest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });

  return {
    address: `s3://${bucket}/${prefix}${endpoint === undefined ? '' : ` at ${new URL(endpoint).origin}`}`,

    async put(key, body, abortSignal) {
      const ContentType = typeof body === 'string' ? 'application/json' : 'application/gzip';
      const put = new PutObjectCommand({ ...at(key), Body: body, ContentType });
      await reached(bucket, () => client.send(put, { abortSignal }));
    },

    find: (key, abortSignal) => get(key, abortSignal, (body) => body.transformToString()),

    findBytes: (key, abortSignal) => get(key, abortSignal, (body) => body.transformToByteArray()),

    async remove(key, abortSignal) {
      await reached(bucket, async () => {
        try {
          await client.send(new DeleteObjectCommand(at(key)), { abortSignal });
        } catch (error) {
          // AWS answers 204 for a key that is not there, some others this.
          if ((error as Error).name !== 'NoSuchKey') throw error;
        }
      });
    },

    async list(below, next, abortSignal) {
      const list = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix + below,
        ContinuationToken: next,
      });
      const { Contents = [], NextContinuationToken } = await reached(bucket, () =>
        client.send(list, { abortSignal }),
      );
      const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(prefix.length)]));
      return { keys, next: NextContinuationToken };
    },

    close: () => client.destroy(),
  };

  function get<T>(
    key: string,
    abortSignal: AbortSignal,
    read: (body: NonNullable<GetObjectCommandOutput['Body']>) => Promise<T>,
  ): Promise<T | undefined> {
    return reached(bucket, async () => {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(key)), { abortSignal });
        return Body && (await read(Body));
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return undefined;
        throw error;
      }
    });
  }
}

async function reached<T>(bucket: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error as Error;
    if (ONE_OBJECT.includes(name)) throw new ObjectRefused(message, { cause: error });
    throw new BucketUnavailable(describeCause(bucket, error), { cause: error });
  }
}

/** In words, and without what could be secret. */
function describeCause(bucket: string, error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [error];
  const { name, code, message } = causes[0] as { name?: string; code?: string; message?: string };
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const words: Record<string, string> = {
    ECONNREFUSED: 'S3 refuses connections',
    ENOTFOUND: "S3's host name is not known",
    EAI_AGAIN: "S3's host name cannot be looked up",
    ECONNRESET: 'S3 broke off the connection',
    EPIPE: 'S3 broke off the connection',
    EHOSTUNREACH: 'S3 cannot be reached',
    TimeoutError: 'S3 does not answer in time',
    AbortError: 'S3 does not answer in time',
    NoSuchBucket: `the bucket ${bucket} does not exist`,
    AccessDenied: `S3 denies access to the bucket ${bucket}`,
    InvalidAccessKeyId: 'S3 does not know the access key',
    SignatureDoesNotMatch: 'S3 refuses the secret access key',
    CredentialsProviderError: 'no credentials for S3: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY',
    SlowDown: 'S3 asks for fewer requests',
  };
  const known = words[code ?? ''] ?? words[name ?? ''];
  if (known) return known;
  return `S3 answers with an error (${[status, name === 'Error' ? (code ?? message) : name].filter(Boolean).join(' ')})`;
}
