import { useEffect, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import { Logo } from "../ui/logo";
import { Toast, useToast } from "../ui/toast";
import { CapacityStrip } from "./capacity_strip";
import { SandboxesView } from "./sandboxes_view";
import { TemplatesView } from "./templates_view";
import { useFleet } from "./use_fleet";
import { useTemplates } from "./use_templates";
import "./console.css";

const SECTIONS = ["sandboxes", "templates"] as const;
type Section = (typeof SECTIONS)[number];

/** The console of somebody who is signed in. */
export function Shell({ onRefused, onSignOut }: { onRefused: (problem: Problem) => void; onSignOut: () => void }) {
  const section = useSection();
  const live = useFleet();
  const templates = useTemplates(live.regionEvent);
  const toast = useToast();
  useEffect(() => {
    if (live.problem?.status === 401) onRefused(live.problem);
  }, [live.problem]);
  return (
    <div class="console">
      <header class="top">
        <Logo size={26} />
        <span class="top-name">
          {t("product.name")} <span class="quiet">{t("console.title")}</span>
        </span>
        <Tabs section={section} />
        <LiveMark live={live.live} loading={live.loading} />
        <button type="button" class="button plain small-button" onClick={onSignOut}>
          {t("sign_in.out")}
        </button>
      </header>
      <main class="main">
        <CapacityStrip regionEvent={live.regionEvent} say={toast.say} />
        {section === "sandboxes" && <SandboxesView live={live} templates={templates.items} say={toast.say} />}
        {section === "templates" && <TemplatesView templates={templates} say={toast.say} />}
      </main>
      <Toast words={toast.words} />
    </div>
  );
}

function Tabs({ section }: { section: Section }) {
  return (
    <nav class="tabs" aria-label={t("console.nav")}>
      {SECTIONS.map((name) => (
        <a key={name} href={`#${name}`} class="tab" aria-current={name === section ? "page" : undefined}>
          {t(`console.${name}`)}
        </a>
      ))}
    </nav>
  );
}

function LiveMark({ live, loading }: { live: boolean; loading: boolean }) {
  const broken = !live && !loading;
  return (
    <p class={broken ? "live broken" : "live"} role="status">
      <span class="live-dot" aria-hidden="true" />
      {t(broken ? "console.not_live" : "console.live")}
    </p>
  );
}

function useSection(): Section {
  const read = () => SECTIONS.find((name) => `#${name}` === location.hash) ?? "sandboxes";
  const [section, setSection] = useState<Section>(read);
  useEffect(() => {
    const changed = () => setSection(read());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return section;
}
