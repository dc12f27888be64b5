import { render, type ComponentChild } from "preact";
import { language, t } from "../shared/i18n";
import type { MessageKey } from "../shared/messages";
import "./base.css";

/** Puts a page on the screen in the browser's language. */
export function start(title: MessageKey, page: ComponentChild): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = `${t(title)} · ${t("product.name")}`;
  const root = document.getElementById("app");
  if (root !== null) render(page, root);
}
