import type { Text } from "./i18n";

/** Every sentence of the operators' console. */
export const consoleMessages = {
  "console.title": { zh: "控制台", en: "Console" },
} as const satisfies Record<string, Text>;
