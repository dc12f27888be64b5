import type { ComponentChildren } from "preact";
import { t } from "../shared/i18n";
import { Logo } from "./logo";
import "./card.css";

export interface CardProps {
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page that has one thing to say: a calm card in the middle of the window. */
export function CardPage({ foot, children }: CardProps) {
  return (
    <div class="stage">
      <main class="card">
        <div class="card-brand">
          <Logo />
          <span>{t("product.name")}</span>
        </div>
        {children}
      </main>
      <footer class="card-foot">{foot}</footer>
    </div>
  );
}
