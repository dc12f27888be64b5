import { describe, expect, it } from "vitest";
import { byLine, jsonError, lineOf } from "./template_text";

const TEXT = `{
  "machines": [
    {
      "name": "port",
      "apps": [
        {"name": "a, [b]", "kind": "http"},
        {
          "name": "c",
          "port": 0
        }
      ]
    },
    {"name": "two"}
  ],
  "policy": {"name": 1}
}`;

describe("the line of a field", () => {
  it("is found by its path, past strings that look like structure", () => {
    expect(lineOf(TEXT, "machines")).toBe(2);
    expect(lineOf(TEXT, "machines[0].apps[1].port")).toBe(9);
    expect(lineOf(TEXT, "machines[0].apps[0].name")).toBe(6);
    expect(lineOf(TEXT, "machines[1].name")).toBe(13);
    expect(lineOf(TEXT, "policy.name")).toBe(15);
  });

  it("is the parent's where the field is missing", () => {
    expect(lineOf(TEXT, "machines[0].apps[0].port")).toBe(6);
    expect(lineOf(TEXT, "machines[7]")).toBe(2);
    expect(lineOf(TEXT, "")).toBe(1);
    expect(lineOf(TEXT, "network.egress")).toBe(1);
  });

  it("orders what the server says", () => {
    const errors = ["policy.name", "machines[0].name"].map((field) => ({ field, message: "" }));
    expect(byLine(TEXT, errors).map(([line]) => line)).toEqual([4, 15]);
  });
});

describe("a text that is no JSON", () => {
  it("says why", () => {
    expect(jsonError("{}")).toBeNull();
    expect(jsonError("{")).toMatch(/JSON/);
  });
});
