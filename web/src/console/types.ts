import type { Cause, Phase, QueuePlace } from "../shared/status";

/** A sandbox as `/v1` shows it; `phase` is made harmless when this page does not know it. */
export interface Sandbox {
  readonly id: string;
  readonly ref: string;
  readonly template: string;
  readonly tenant: string;
  readonly owner: string;
  readonly class_id: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly wanted: string;
  readonly phase: Phase;
  readonly generation: number;
  readonly cause: ConsoleCause | null;
  readonly queue: QueuePlace | null;
  readonly apps: readonly App[];
  readonly created_at: string;
  readonly ready_at: string | null;
  readonly expires_at: string | null;
  readonly max_expires_at?: string | null;
  readonly idle_stop_at: string | null;
}

export interface ConsoleCause extends Cause {
  readonly detail?: string;
  readonly last_lines?: readonly string[];
}

export interface App {
  readonly name: string;
  readonly kind: string;
  readonly url: string | null;
}

export interface RegionEvent {
  readonly position: string;
  readonly type: string;
  readonly at: string;
  readonly changed: readonly string[];
  readonly sandbox?: Sandbox | null;
}

/** The kinds of event; an event stream names each one. */
export const EVENT_TYPES = [
  "sandbox.created",
  "sandbox.changed",
  "sandbox.deleted",
  "template.published",
  "region.changed",
] as const;

export interface PublishedTemplate {
  readonly name: string;
  readonly version: string;
  readonly published_at: string;
  readonly template?: TemplateBody;
}

/** The few parts of a template that a list shows. */
export interface TemplateBody {
  readonly machines?: readonly {
    readonly name: string;
    readonly runs?: Readonly<Record<string, unknown>>;
    readonly resources?: Partial<Resources>;
    readonly apps?: readonly { readonly name: string; readonly kind: string }[];
  }[];
  readonly policy?: { readonly lifetime_s?: number; readonly idle?: { readonly after_s?: number } | null };
}

export interface Resources {
  readonly cpu_millis: number;
  readonly memory_mib: number;
  readonly disk_mib: number;
  readonly gpus: number;
}

/** What the region has; amounts are missing until the first look at the machines. */
export interface Capacity {
  readonly as_of?: string | null;
  readonly total?: Resources | null;
  readonly used?: Resources | null;
  readonly cordoned?: boolean | string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
