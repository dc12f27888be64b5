//! The benchmarks, one line each.

use futures_util::future::LocalBoxFuture;

use crate::report::Section;
use crate::run::Effort;
use crate::{creates, kubernetes, memory, mirror, proxy, start, terminal};

/// A benchmark.
pub(crate) struct Benchmark {
    /// As in `make bench S=name`.
    pub(crate) name: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// Measures, and says what came out.
    pub(crate) run: fn(Effort) -> LocalBoxFuture<'static, anyhow::Result<Section>>,
}

/// Every benchmark, in the order of the report.
pub(crate) const BENCHMARKS: [Benchmark; 7] = [
    Benchmark { name: "creates", title: "Accepted creates", run: |effort| Box::pin(creates::run(effort)) },
    Benchmark {
        name: "terminal",
        title: "From a create to a prompt",
        run: |effort| Box::pin(terminal::run(effort)),
    },
    Benchmark {
        name: "start",
        title: "From a start to the first create",
        run: |effort| Box::pin(start::run(effort)),
    },
    Benchmark { name: "memory", title: "Memory of a region", run: |effort| Box::pin(memory::run(effort)) },
    Benchmark {
        name: "proxy",
        title: "Small requests through the proxy",
        run: |effort| Box::pin(proxy::run(effort)),
    },
    Benchmark {
        name: "mirror",
        title: "Images through the registry mirror",
        run: |effort| Box::pin(mirror::run(effort)),
    },
    Benchmark {
        name: "kubernetes",
        title: "Sandboxes on a real cluster",
        run: |effort| Box::pin(kubernetes::run(effort)),
    },
];
