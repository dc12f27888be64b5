import { jsonBody, request } from "../shared/problem";
import { toPhase } from "../shared/status";
import type { Capacity, Page, PublishedTemplate, RegionEvent, Sandbox } from "./types";

/** Marks our own page's requests, which a form of a foreign page can't do. */
const OURS = { "x-requested-with": "qingjiao-console" };
const PAGE_ITEMS = 100;

export interface ListedSandboxes extends Page<Sandbox> {
  /** Read before the items: the events after it complete the list. */
  readonly position: string;
}

export async function signIn(code: string): Promise<void> {
  await request("/console/session", ours(jsonBody({ code })));
}

export async function signOut(): Promise<void> {
  await request("/console/session", ours({ method: "DELETE" }));
}

export async function listSandboxes(cursor: string | null): Promise<ListedSandboxes> {
  const query = new URLSearchParams({ limit: String(PAGE_ITEMS), ...(cursor === null ? {} : { cursor }) });
  const page = await get<ListedSandboxes>(`/v1/sandboxes?${query}`);
  return { ...page, items: page.items.map(known) };
}

/** Those that wait, with their present places: events carry none. */
export async function listQueued(): Promise<readonly Sandbox[]> {
  return (await get<Page<Sandbox>>(`/v1/sandboxes?phase=queued&limit=${PAGE_ITEMS}`)).items.map(known);
}

export async function getSandbox(id: string): Promise<Sandbox> {
  return known(await get<Sandbox>(sandboxPath(id)));
}

export async function listTemplates(): Promise<readonly PublishedTemplate[]> {
  return (await get<Page<PublishedTemplate>>("/v1/templates")).items;
}

/** Publishes the text of a template as it is: its version is made of what is sent. */
export async function publishTemplate(name: string, text: string): Promise<PublishedTemplate> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: text };
  return (await request(`/v1/templates/${encodeURIComponent(name)}/versions`, ours(init))).json();
}

export async function cordon(reason: string): Promise<void> {
  await post("/v1/region/cordon", { reason });
}

export async function uncordon(): Promise<void> {
  await post("/v1/region/uncordon", {});
}

export async function listTenants(): Promise<readonly { readonly id: string }[]> {
  return (await get<Page<{ id: string }>>("/v1/tenants")).items;
}

export async function history(id: string): Promise<readonly RegionEvent[]> {
  return (await get<Page<RegionEvent>>(`${sandboxPath(id)}/events`)).items.map(knownEvent);
}

export async function capacity(): Promise<Capacity> {
  return get("/v1/capacity");
}

export interface CreateWish {
  readonly template: string;
  readonly tenant: string;
  readonly owner: string;
  readonly ref: string;
  readonly class_id?: string;
}

export async function createSandbox(wish: CreateWish): Promise<Sandbox> {
  return known(await post("/v1/sandboxes", wish));
}

export type Command = "stop" | "start" | "reset";

export async function command(id: string, name: Command): Promise<void> {
  await post(`${sandboxPath(id)}/${name}`, {});
}

export async function deleteSandbox(id: string): Promise<void> {
  await request(sandboxPath(id), ours({ method: "DELETE" }));
}

export interface Granted {
  readonly expires_at: string;
  readonly limited_by?: string | null;
}

export async function extendSandbox(id: string, expires_at: string): Promise<Granted> {
  return post(`${sandboxPath(id)}/extend`, { expires_at });
}

/** A single-use address that opens one app as a teacher. */
export async function access(id: string, app: string): Promise<string> {
  const { url } = await post<{ url: string }>(`${sandboxPath(id)}/access`, { app, user: "operator", role: "teacher" });
  return url;
}

export function knownEvent(event: RegionEvent): RegionEvent {
  return event.sandbox ? { ...event, sandbox: known(event.sandbox) } : event;
}

function known(sandbox: Sandbox): Sandbox {
  return { ...sandbox, phase: toPhase(sandbox.phase) };
}

function sandboxPath(id: string): string {
  return `/v1/sandboxes/${encodeURIComponent(id)}`;
}

function ours(init: RequestInit = {}): RequestInit {
  return { ...init, headers: { ...(init.headers as Record<string, string> | undefined), ...OURS } };
}

async function get<T>(path: string): Promise<T> {
  return (await request(path, ours())).json();
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await request(path, ours(jsonBody(body)));
  const text = await response.text();
  return (text === "" ? {} : JSON.parse(text)) as T;
}
