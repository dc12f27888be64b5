import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff";
import { ServerClock } from "./clock";
import { inWords, rangeInWords } from "./duration";
import { chooseLanguage, fill } from "./i18n";
import { reentryLink, safePath } from "./links";
import { messages } from "./messages";
import { onItsWay, parseStatus, PHASES, type Phase } from "./status";
import { headlineOf, stepsOf } from "./steps";

describe("language", () => {
  it("is the first of the browser's that we speak", () => {
    expect(chooseLanguage(["zh-TW", "en"])).toBe("zh");
    expect(chooseLanguage(["fr-FR", "en-US", "zh-CN"])).toBe("en");
    expect(chooseLanguage(["fr"])).toBe("en");
  });

  it("has the same places to fill in both languages, and no empty sentence", () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [key, { zh, en }] of Object.entries(messages)) {
      expect(places(zh), key).toEqual(places(en));
      expect(Math.min(zh.length, en.length), key).toBeGreaterThan(0);
    }
  });

  it("leaves a place without a value to be seen", () => {
    expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
  });
});

describe("lengths of time", () => {
  it("are rounded the way people speak", () => {
    expect([45, 300, 7200 * 2, 86400 * 3].map((s) => inWords(s, "en"))).toEqual(["45 s", "5 min", "4 h", "3 days"]);
  });

  it("are ranges in the unit of the longer end", () => {
    expect(rangeInWords([20, 60], "zh")).toBe("20–60 秒");
    expect(rangeInWords([20, 300], "en")).toBe("1–5 min");
    expect(rangeInWords([60, 60], "en")).toBe("60 s");
  });
});

describe("links", () => {
  it("inside are paths of this host only", () => {
    expect(safePath("/lab?x=1")).toBe("/lab?x=1");
    for (const bad of ["//evil.example", "/\\evil", "https://evil.example", "javascript:alert(1)", "lab", "", null, "/a\nb"]) {
      expect(safePath(bad), String(bad)).toBeNull();
    }
  });

  it("out are http addresses that carry the ref", () => {
    expect(reentryLink("https://class.example/go?c=1", "c42-s7")).toBe("https://class.example/go?c=1&ref=c42-s7");
    expect(reentryLink("https://class.example/go?ref=x", "y")).toBe("https://class.example/go?ref=x");
    expect(reentryLink("javascript:alert(1)", null)).toBeNull();
    expect(reentryLink(undefined, null)).toBeNull();
  });
});

describe("backoff", () => {
  it("doubles up to its limit and starts again", () => {
    const backoff = new Backoff({ first_ms: 250, max_ms: 8000 }, () => 1);
    const pauses = Array.from({ length: 8 }, () => backoff.next_ms());
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    backoff.reset();
    expect(backoff.next_ms()).toBe(250);
  });
});

describe("the server's clock", () => {
  it("counts from its newest answer and ignores nonsense", () => {
    let local_ms = 1000;
    const clock = new ServerClock(() => local_ms);
    clock.learn("2026-01-01T00:00:00Z");
    clock.learn("soon");
    local_ms += 500;
    expect(clock.now_ms()).toBe(Date.parse("2026-01-01T00:00:00.500Z"));
  });
});

describe("phases", () => {
  const states = (phase: Phase, stage: string | null = null) =>
    stepsOf({ phase, cause: stage === null ? null : ({ stage } as never) })?.map((step) => step.state);

  it("become steps on the way to ready", () => {
    expect(states("queued")).toEqual(["current", "todo", "todo", "todo"]);
    expect(states("starting")).toEqual(["done", "done", "current", "todo"]);
    expect(states("ready")).toEqual(["done", "done", "done", "done"]);
    expect(states("stopped")).toBeUndefined();
  });

  it("show a failure at the stage of its cause", () => {
    expect(states("failed", "provisioning")).toEqual(["done", "failed", "todo", "todo"]);
    expect(states("failed", "somewhere new")).toEqual(["done", "done", "failed", "todo"]);
  });

  it("all have a headline, also those that this release does not know", () => {
    for (const phase of PHASES) expect(headlineOf({ phase, wanted: "stopped" })).toBeTruthy();
    const status = parseStatus({ phase: "hibernating", wanted: "running" });
    expect([status.phase, headlineOf(status), onItsWay(status)]).toEqual(["unknown", "preparing", true]);
  });

  it("say restarting when a stop is on the way back to running", () => {
    expect(headlineOf({ phase: "stopping", wanted: "running" })).toBe("restarting");
    expect(headlineOf({ phase: "stopping", wanted: "stopped" })).toBe("stopping");
  });

  it("tell whether waiting is worth it", () => {
    expect(onItsWay({ phase: "stopped", wanted: "stopped" })).toBe(false);
    expect(onItsWay({ phase: "failed", wanted: "running" })).toBe(false);
    expect(onItsWay({ phase: "queued", wanted: "running" })).toBe(true);
  });
});
