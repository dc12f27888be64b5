/** What is wrong with one field of a request, and what would be right. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
  readonly allowed?: string | null;
}

/** An answer that says no (RFC 9457), or no answer at all (`type` is then `unreachable`). */
export class Problem extends Error {
  constructor(
    readonly type: string,
    readonly status: number,
    readonly detail: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${type}: ${detail}`);
  }

  get requestId(): string | null {
    return typeof this.extra["request_id"] === "string" ? this.extra["request_id"] : null;
  }

  get fields(): readonly FieldError[] {
    return Array.isArray(this.extra["errors"]) ? this.extra["errors"] : [];
  }
}

export const UNREACHABLE = "unreachable";

/** Like fetch, but anything other than success is a `Problem`. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { cache: "no-store", credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem(UNREACHABLE, 0, String(error));
  }
  if (response.ok || response.status === 304) return response;
  throw await problemOf(response);
}

/** A slug may come bare or as the end of an address; people and code see the bare one. */
function slugOf(type: unknown, status: number): string {
  return typeof type === "string" && type !== "" ? (type.split(/[/#:]/).pop() ?? type) : `http_${status}`;
}

async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => ({}));
  const extra: Record<string, unknown> = typeof body === "object" && body !== null ? body : {};
  const detail = typeof extra["detail"] === "string" ? extra["detail"] : response.statusText;
  return new Problem(slugOf(extra["type"], response.status), response.status, detail, extra);
}

export function jsonBody(body: unknown, method = "POST"): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
