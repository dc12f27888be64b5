import type { ITheme } from "@xterm/xterm";

/* Sixteen colours for each scheme; every text colour has a contrast of at least 4.5 on its background. */
const LIGHT: ITheme = {
  background: "#fbfdfb",
  foreground: "#1c2620",
  cursor: "#1c7a3e",
  cursorAccent: "#ffffff",
  selectionBackground: "#bfe3cb",
  black: "#1c2620",
  red: "#b3261e",
  green: "#1c7a3e",
  yellow: "#7a5600",
  blue: "#1d5fa8",
  magenta: "#8b2f8f",
  cyan: "#0b6b74",
  white: "#5d6a63",
  brightBlack: "#66736c",
  brightRed: "#c4372e",
  brightGreen: "#23803f",
  brightYellow: "#856000",
  brightBlue: "#2f6fc0",
  brightMagenta: "#9c3fa0",
  brightCyan: "#147680",
  brightWhite: "#39443e",
};

const DARK: ITheme = {
  background: "#0e1411",
  foreground: "#dbe6df",
  cursor: "#55c77d",
  cursorAccent: "#0e1411",
  selectionBackground: "#2b5a3d",
  black: "#26312b",
  red: "#ff8f86",
  green: "#6fd08c",
  yellow: "#e6c26a",
  blue: "#86b8f2",
  magenta: "#d9a0e0",
  cyan: "#72cfd6",
  white: "#dbe6df",
  brightBlack: "#87988e",
  brightRed: "#ffaaa3",
  brightGreen: "#93e3aa",
  brightYellow: "#f3d68e",
  brightBlue: "#a9cef8",
  brightMagenta: "#e8bdec",
  brightCyan: "#97e3e8",
  brightWhite: "#f5faf7",
};

/** Follows the person's colour scheme, now and when it changes. */
export function followScheme(apply: (theme: ITheme) => void): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const applyNow = () => apply(dark.matches ? DARK : LIGHT);
  dark.addEventListener("change", applyNow);
  applyNow();
}
