import type { Problem } from "../shared/problem";

export type UploadState =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending"; readonly share: number }
  | { readonly kind: "done" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly status: number };

export interface Upload {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly file: Blob;
  readonly state: UploadState;
}

export type SendFile = (path: string, file: Blob, progress: (share: number) => void, signal: AbortSignal) => Promise<void>;

/** Sends files one after the other. Every change gives a new list, newest state of each upload in order of asking. */
export class Uploads {
  private list: readonly Upload[] = [];
  private readonly aborts = new Map<number, AbortController>();
  private nextId = 1;
  private busy = false;

  constructor(
    private readonly sendFile: SendFile,
    private readonly changed: (list: readonly Upload[]) => void,
  ) {}

  add(files: readonly { readonly name: string; readonly path: string; readonly file: Blob }[]): void {
    const added = files.map((file): Upload => ({ ...file, id: this.nextId++, state: { kind: "waiting" } }));
    this.publish([...this.list, ...added]);
    void this.work();
  }

  cancel(id: number): void {
    this.aborts.get(id)?.abort();
    if (this.find(id)?.state.kind === "waiting") this.set(id, { kind: "cancelled" });
  }

  retry(id: number): void {
    this.set(id, { kind: "waiting" });
    void this.work();
  }

  dismiss(id: number): void {
    this.publish(this.list.filter((upload) => upload.id !== id));
  }

  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let next = this.nextWaiting(); next !== undefined; next = this.nextWaiting()) await this.send(next);
    this.busy = false;
  }

  private async send({ id, path, file }: Upload): Promise<void> {
    const abort = new AbortController();
    this.aborts.set(id, abort);
    this.set(id, { kind: "sending", share: 0 });
    try {
      await this.sendFile(path, file, (share) => this.set(id, { kind: "sending", share }), abort.signal);
      this.set(id, { kind: "done" });
    } catch (error) {
      this.set(id, abort.signal.aborted ? { kind: "cancelled" } : { kind: "failed", status: (error as Problem).status ?? 0 });
    } finally {
      this.aborts.delete(id);
    }
  }

  private nextWaiting(): Upload | undefined {
    return this.list.find((upload) => upload.state.kind === "waiting");
  }

  private find(id: number): Upload | undefined {
    return this.list.find((upload) => upload.id === id);
  }

  private set(id: number, state: UploadState): void {
    this.publish(this.list.map((upload) => (upload.id === id ? { ...upload, state } : upload)));
  }

  private publish(list: readonly Upload[]): void {
    this.list = list;
    this.changed(list);
  }
}
