import { describe, expect, it } from "vitest";
import { enterProblem, readFragment } from "./fragment";

describe("the fragment", () => {
  it("gives ticket and next", () => {
    expect(readFragment("#ticket=abc-1&next=%2Flab%3Fa%3D1")).toEqual({ ticket: "abc-1", next: "/lab?a=1" });
  });

  it("never leads to another host, and may be empty", () => {
    expect(readFragment("#ticket=a&next=//evil.example")).toEqual({ ticket: "a", next: null });
    expect(readFragment("")).toEqual({ ticket: null, next: null });
  });
});

describe("a refusal", () => {
  it("is one of four that a person can act on", () => {
    expect(["ticket_spent", "ticket_unknown", "api_unavailable", "http_500"].map(enterProblem)).toEqual([
      "ticket_spent",
      "ticket_unknown",
      "unavailable",
      "unavailable",
    ]);
  });
});
