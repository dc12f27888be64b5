const HOUR_MS = 3_600_000;
const later = (hours) => new Date(Date.now() + hours * HOUR_MS).toISOString();

export const CAUSES = {
  no_capacity: {
    slug: "no_capacity",
    stage: "queued",
    who: "operator",
    retryable: true,
    retry_after_s: null,
    text: { zh: "当前区域资源已满，正在排队。", en: "The region is full right now; you are in the queue." },
    next: { zh: "请稍候，轮到时会自动启动。", en: "Wait: it starts by itself when its turn comes." },
  },
  machine_exited: {
    slug: "machine_exited",
    stage: "starting",
    who: "teacher",
    retryable: true,
    retry_after_s: null,
    text: { zh: "环境中的主程序意外退出。", en: "The main program of the environment ended unexpectedly." },
    next: { zh: "请查看最后几行输出；可重新启动或重置。", en: "Look at its last lines of output; start again or reset." },
    detail: "exit code 3",
    last_lines: ["Traceback (most recent call last):", '  File "/lab/app.py", line 12, in <module>', "ModuleNotFoundError: No module named 'numpy'"],
  },
  idle: {
    slug: "idle",
    stage: "stopped",
    who: "student",
    retryable: true,
    retry_after_s: null,
    text: { zh: "长时间无人使用，环境已停止。", en: "Nobody used it for a while, so it was stopped." },
    next: { zh: "点击启动即可继续，主目录中的文件会保留。", en: "Start it to go on: files in the home folder are kept." },
  },
};

const KINDS = [
  { phase: "ready", wanted: "running" },
  { phase: "starting", wanted: "running" },
  { phase: "queued", wanted: "running", cause: CAUSES.no_capacity, queue: { place: 3, estimate_s: [20, 60] } },
  { phase: "failed", wanted: "running", cause: CAUSES.machine_exited },
  { phase: "stopped", wanted: "stopped", cause: CAUSES.idle },
  { phase: "ready", wanted: "running" },
  { phase: "provisioning", wanted: "running" },
  { phase: "ready", wanted: "running" },
  { phase: "stopping", wanted: "stopped" },
];

function sandbox(n) {
  const id = `bj-7k2m9qx4w0c3v8n${n}`;
  const app = (name, kind) => ({ name, kind, url: `https://${name}--${id}.bj.example.com/` });
  return {
    id,
    ref: `c42-s${n}`,
    template: "python-lab@sha256:9f86d081884c7d65",
    tenant: "school-9",
    owner: `u-${n}`,
    class_id: n % 3 === 0 ? null : "c42",
    labels: { term: "2026a" },
    generation: 3,
    observed_generation: 3,
    cause: null,
    queue: null,
    apps: [app("terminal", "terminal"), app("lab", "http")],
    created_at: new Date(Date.now() - n * 60_000).toISOString(),
    ready_at: later(-0.1),
    expires_at: later(1 + n / 3),
    max_expires_at: later(8),
    idle_stop_at: null,
    ...KINDS[n % KINDS.length],
  };
}

export const sandboxes = () => KINDS.map((_, n) => sandbox(n));

const template = (name, apps, cpu_millis, memory_mib) => ({
  name,
  version: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  published_at: later(-30),
  template: {
    machines: [{ name: "main", runs: { container: { image: "registry.example.com/lab:1.4" } }, resources: { cpu_millis, memory_mib }, apps }],
    policy: { lifetime_s: 14_400, max_lifetime_s: 28_800, idle: { after_s: 3600, then: "stop" }, keep_home_days: 7 },
  },
});

export const templates = () => [
  template("python-lab", [{ name: "terminal", kind: "terminal" }, { name: "lab", kind: "http" }], 1000, 2048),
  template("linux-shell", [{ name: "terminal", kind: "terminal" }], 500, 512),
  template("web-app", [{ name: "terminal", kind: "terminal" }, { name: "dev", kind: "http" }], 2000, 4096),
];
