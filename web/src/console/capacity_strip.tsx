import { useEffect, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import * as api from "./api";
import { CordonButton, CordonedNote } from "./cordon";
import { momentWords } from "./times";
import type { Capacity, RegionEvent, Resources } from "./types";
import "./capacity.css";

const READ_EVERY_MS = 15_000;
const AMOUNTS = ["cpu_millis", "memory_mib", "disk_mib", "gpus"] as const;
type Amount = (typeof AMOUNTS)[number];
/** Our unit to the one on the label: cores, GiB, GPUs. */
const PER_UNIT: Readonly<Record<Amount, number>> = { cpu_millis: 1000, memory_mib: 1024, disk_mib: 1024, gpus: 1 };
const FULL_SHARE = 0.9;

/** How full the region is. */
export function CapacityStrip({ regionEvent, say }: { regionEvent: RegionEvent | null; say: (words: string) => void }) {
  const [capacity, setCapacity] = useState<Capacity | null>(null);
  const read = () => api.capacity().then(setCapacity, () => undefined);
  useEffect(() => {
    void read();
    const timer = setInterval(() => document.visibilityState === "visible" && void read(), READ_EVERY_MS);
    return () => clearInterval(timer);
  }, [regionEvent?.position]);
  if (capacity === null) return null;
  return (
    <section class="capacity" aria-label={t("capacity.title")}>
      {Boolean(capacity.cordoned) && <CordonedNote reason={capacity.cordoned} say={say} onChanged={read} />}
      <Meters capacity={capacity} />
      <div class="capacity-foot">
        {capacity.as_of && <p class="quiet small">{t("capacity.as_of", { time: momentWords(capacity.as_of) })}</p>}
        {!capacity.cordoned && <CordonButton say={say} onChanged={read} />}
      </div>
    </section>
  );
}

function Meters({ capacity: { total, used } }: { capacity: Capacity }) {
  if (!total) return <p class="quiet">{t("capacity.unknown")}</p>;
  const present = AMOUNTS.filter((amount) => total[amount] > 0);
  return (
    <ul class="meters">
      {present.map((amount) => (
        <Meter key={amount} amount={amount} used={used ?? null} total={total} />
      ))}
    </ul>
  );
}

function Meter({ amount, used, total }: { amount: Amount; used: Resources | null; total: Resources }) {
  const units = (of: Resources | null) => Math.round(((of?.[amount] ?? 0) / PER_UNIT[amount]) * 10) / 10;
  const label = t(`capacity.${amount}`);
  const share = units(used) / units(total);
  return (
    <li class="meter">
      <p>
        <span class="quiet">{label}</span>
        <strong>{t("capacity.of", { used: units(used), total: units(total) })}</strong>
      </p>
      <meter aria-label={label} min={0} max={1} low={FULL_SHARE} high={FULL_SHARE} optimum={0} value={share} />
    </li>
  );
}
