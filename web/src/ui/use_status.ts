import { useEffect, useState } from "preact/hooks";
import * as appHost from "../shared/app_host";
import { ServerClock } from "../shared/clock";
import type { Problem } from "../shared/problem";
import type { Status } from "../shared/status";
import { StatusFeed } from "../shared/status_feed";

export interface Followed {
  readonly status: Status | null;
  readonly trouble: Problem | null;
  readonly denied: Problem | null;
}

/** The server's time, learned from every status. */
export const serverClock = new ServerClock();

/** Follows `/_qj/status` for as long as the component lives. */
export function useStatus(): Followed {
  const [followed, setFollowed] = useState<Followed>({ status: null, trouble: null, denied: null });
  useEffect(() => {
    const ending = new AbortController();
    const merge = (news: Partial<Followed>) => setFollowed((old) => ({ ...old, ...news }));
    const feed = new StatusFeed(appHost.fetchStatus, appHost.pause, {
      changed: (status) => {
        serverClock.learn(status.server_time);
        merge({ status });
      },
      trouble: (trouble) => merge({ trouble }),
      denied: (denied) => merge({ denied }),
    });
    void feed.run(ending.signal);
    return () => ending.abort();
  }, []);
  return followed;
}
