/** What one request has sent so far, for as long as it is under way. */
export interface SentBytes {
  add(bytes: number): void;
  end(): void;
}

interface Request {
  bytes: number;
  readonly giveWay: () => void;
}

/**
 * What all requests under way have sent, by REST and gRPC together. Where it is more than fits, the one that has sent the most
 * gives way: so who sends little is served, however many send much and never end.
 */
export class BytesUnderWay {
  readonly #most: number;
  readonly #requests = new Set<Request>();
  #total = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get total(): number {
    return this.#total;
  }

  /** @param giveWay ends the request; it counts no longer when this is called */
  begin(giveWay: () => void): SentBytes {
    const request: Request = { bytes: 0, giveWay };
    this.#requests.add(request);
    return {
      add: (bytes) => {
        if (!this.#requests.has(request)) return;
        request.bytes += bytes;
        this.#total += bytes;
        while (this.#total > this.#most) this.#endLargest();
      },
      end: () => this.#end(request),
    };
  }

  #endLargest(): void {
    let largest: Request | undefined;
    for (const request of this.#requests) if (request.bytes > (largest?.bytes ?? 0)) largest = request;
    if (largest === undefined) return;
    this.#end(largest);
    largest.giveWay();
  }

  #end(request: Request): void {
    if (this.#requests.delete(request)) this.#total -= request.bytes;
  }
}
