import { describe, expect, it } from "vitest";
import { MemoryStorage } from "../shared/tab_storage";
import { FakeAgent } from "./fakes/agent";
import { seeded } from "./fakes/random";
import { FakeTab } from "./fakes/tab";
import { encodeData } from "./frames";

const RUNS = 300;
/** On a busy computer the runs take longer than a test usually may. */
const RUNS_LIMIT_MS = 60_000;
const OPERATIONS = 120;

function setting() {
  const agent = new FakeAgent();
  const storage = new MemoryStorage();
  return { agent, storage, tab: new FakeTab(agent, storage) };
}

const applied = (agent: FakeAgent) => new TextDecoder().decode(Uint8Array.from(agent.applied));

/** One random life of a tab: typing, printing, deliveries, broken sockets and reloads. */
function live(seed: number) {
  const random = seeded(seed);
  const { agent, tab } = setting();
  let typed = "";
  let count = 0;
  const type = () => {
    const text = `<${count++}>`.repeat(1 + Math.floor(random() * 3));
    typed += text;
    tab.type(text);
  };
  const act: [number, () => void][] = [
    [0.25, type],
    [0.35, () => tab.print(new TextEncoder().encode(`(${count++})`))],
    [0.62, () => tab.deliverToAgent()],
    [0.9, () => tab.deliverToTab()],
    [0.95, () => (tab.cut(), tab.connect())],
    [0.98, () => (tab.reload(), tab.connect())],
    [1, () => tab.cut()],
  ];
  tab.connect();
  for (let i = 0; i < OPERATIONS; i++) {
    const dice = random();
    act.find(([below]) => dice < below)?.[1]();
  }
  tab.settle();
  return { agent, tab, typed };
}

describe("over broken sockets and reloads at random", () => {
  it("every key arrives once and in order, and the screen shows every byte once", { timeout: RUNS_LIMIT_MS }, () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const { agent, tab, typed } = live(seed);
      expect(applied(agent), `seed ${seed}`).toBe(typed);
      expect(tab.shown, `seed ${seed}`).toBe(new TextDecoder().decode(agent.output));
      expect(tab.gaps + tab.inputLost, `seed ${seed}`).toBe(0);
    }
  });
});

describe("a session", () => {
  it("keeps what was typed before the first socket opened", () => {
    const { agent, tab } = setting();
    tab.type("early");
    tab.settle();
    expect(applied(agent)).toBe("early");
  });

  it("sends a large paste in frames and keeps it over a reload", () => {
    const { agent, tab } = setting();
    const paste = "0123456789abcdef".repeat(8192);
    tab.connect();
    tab.type(paste);
    tab.deliverToAgent();
    tab.deliverToTab();
    tab.reload();
    tab.settle();
    expect(applied(agent)).toBe(paste);
  });

  it("refuses more input than may wait", () => {
    const { tab } = setting();
    expect(tab.type("x".repeat(2 * 1024 * 1024))).toBe(true);
    expect(tab.type("y")).toBe(false);
  });

  it("clears the screen when the ring was overrun, and shows what is left", () => {
    const { agent, tab } = setting();
    tab.settle();
    tab.print(new TextEncoder().encode("old"));
    tab.settle();
    tab.cut();
    tab.print(new TextEncoder().encode("gone-new"));
    agent.overrun("oldgone-".length);
    tab.settle();
    expect(tab.shown).toBe("new");
  });

  it("does not type into another life of the program what was meant for the old one", () => {
    const { agent, tab } = setting();
    tab.settle();
    tab.type("ok");
    tab.settle();
    tab.cut();
    tab.type("rm -r old");
    agent.restartProgram("life-2");
    tab.settle();
    expect(tab.inputLost).toBe(1);
    tab.type("!");
    tab.settle();
    expect([applied(agent), tab.shown, tab.gaps]).toEqual(["ok!", "!", 0]);
  });

  it("goes on with new numbers when the agent has forgotten this tab", () => {
    const { agent, tab } = setting();
    tab.type("before");
    tab.settle();
    tab.cut();
    agent.forgetClients();
    tab.settle();
    tab.type("after");
    tab.settle();
    expect([applied(agent), tab.gaps, tab.inputLost]).toEqual(["beforeafter", 0, 0]);
  });

  it("ignores input after the program has ended", () => {
    const { agent, tab } = setting();
    tab.settle();
    tab["session"].receivedText({ t: "exit", exit_code: 0, signal: null });
    expect(tab.type("lost in space")).toBe(true);
    agent.restartProgram("life-2");
    tab.cut();
    tab.settle();
    expect([applied(agent), tab.inputLost]).toEqual(["", 0]);
  });

  it("calls a hole in the output useless, so that the tab reattaches", () => {
    const { agent, tab } = setting();
    tab.settle();
    agent.print(new TextEncoder().encode("unheard"));
    tab.print(new TextEncoder().encode("heard"));
    tab.settle();
    expect(tab.shown).toBe("unheardheard");
  });

  it("draws only the new part of output that overlaps what it has", () => {
    const { agent, tab } = setting();
    tab.settle();
    tab.print(new TextEncoder().encode("abc"));
    tab.settle();
    const overlapping = encodeData(1, new TextEncoder().encode("bcde"));
    expect(tab["session"].receivedData(overlapping.buffer)).toBe(true);
    expect([tab.shown, agent.end]).toEqual(["abcde", 3]);
  });
});
