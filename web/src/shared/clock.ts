/** Deadlines come from the server; a student's computer may be wrong by hours, so we count in the server's time. */
export class ServerClock {
  private offset_ms = 0;

  constructor(private readonly local_ms: () => number = Date.now) {}

  /** Takes the server's time from its newest answer. */
  learn(server_time: string | null): void {
    const server_ms = server_time === null ? NaN : Date.parse(server_time);
    if (!Number.isNaN(server_ms)) this.offset_ms = server_ms - this.local_ms();
  }

  now_ms(): number {
    return this.local_ms() + this.offset_ms;
  }
}
