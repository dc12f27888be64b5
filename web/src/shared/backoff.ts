export interface BackoffLimits {
  readonly first_ms: number;
  readonly max_ms: number;
}

/** Growing pauses between tries, with jitter so that a whole class does not come back in step. */
export class Backoff {
  private tries = 0;

  constructor(
    private readonly limits: BackoffLimits,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next pause: between half and the whole of a time that doubles up to the limit. */
  next_ms(): number {
    const whole = Math.min(this.limits.first_ms * 2 ** Math.min(this.tries, 30), this.limits.max_ms);
    this.tries += 1;
    return Math.round(whole / 2 + (this.random() * whole) / 2);
  }

  reset(): void {
    this.tries = 0;
  }
}
