-- KEY is text that is compared and sorted bytewise; ROWID numbers rows in the order of their insertion.
CREATE TABLE templates (
    name KEY PRIMARY KEY,
    versions BIGINT NOT NULL
);
CREATE TABLE template_versions (
    name KEY NOT NULL,
    version KEY NOT NULL,
    ordinal BIGINT NOT NULL,
    body TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE UNIQUE INDEX template_versions_ordinal ON template_versions (name, ordinal);

-- What a tenant uses is kept as running sums, so that a quota check reads and locks one row.
CREATE TABLE tenants (
    id KEY PRIMARY KEY,
    quota TEXT NOT NULL,
    used_sandboxes BIGINT NOT NULL,
    used_cpu_millis BIGINT NOT NULL,
    used_memory_mib BIGINT NOT NULL,
    used_disk_mib BIGINT NOT NULL,
    used_gpus BIGINT NOT NULL,
    used_homes_mib BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id KEY PRIMARY KEY,
    hash KEY NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    tenant KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Whoever changes a sandbox's intent or status first raises its sequence here: that is the lock which both share,
-- and the number of the event.
CREATE TABLE sandboxes (
    id KEY PRIMARY KEY,
    sequence BIGINT NOT NULL
);
CREATE TABLE intent (
    id KEY PRIMARY KEY,
    ref KEY NOT NULL,
    tenant KEY NOT NULL,
    owner KEY NOT NULL,
    class_id KEY,
    template_name KEY NOT NULL,
    template_version KEY NOT NULL,
    labels TEXT NOT NULL,
    parameters TEXT NOT NULL,
    sealed_secrets TEXT,
    request_digest TEXT NOT NULL,
    wanted KEY NOT NULL,
    generation BIGINT NOT NULL,
    access_epoch BIGINT NOT NULL,
    home_generation BIGINT NOT NULL,
    run_since BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    max_expires_at BIGINT NOT NULL,
    queue_until BIGINT,
    idle_stop_at BIGINT,
    wakeable BIGINT NOT NULL,
    stop_cause TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX intent_ref ON intent (tenant, ref) WHERE wanted <> 'deleted';
CREATE INDEX intent_created ON intent (created_at, id);
CREATE INDEX intent_tenant_created ON intent (tenant, created_at, id);
CREATE INDEX intent_class ON intent (class_id, created_at, id) WHERE class_id IS NOT NULL;
CREATE TABLE labels (
    sandbox KEY NOT NULL,
    name KEY NOT NULL,
    value KEY NOT NULL,
    PRIMARY KEY (sandbox, name)
);
CREATE INDEX labels_value ON labels (name, value, sandbox);

CREATE TABLE status (
    id KEY PRIMARY KEY,
    phase KEY NOT NULL,
    phase_since BIGINT NOT NULL,
    observed_generation BIGINT NOT NULL,
    cause TEXT,
    queued_at BIGINT,
    admitted_at BIGINT,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    ready_at BIGINT,
    bound_incarnation BIGINT NOT NULL,
    machine_names TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX status_phase ON status (phase, phase_since);
CREATE INDEX status_live ON status (id) WHERE phase <> 'deleted';
CREATE INDEX status_admitted ON status (admitted_at) WHERE admitted_at IS NOT NULL;
-- A machine has no row before its first creation.
CREATE TABLE machines (
    sandbox KEY NOT NULL,
    name KEY NOT NULL,
    incarnation BIGINT NOT NULL,
    creation_number BIGINT NOT NULL,
    home_generation BIGINT NOT NULL,
    batch_id TEXT,
    batch_attempt BIGINT,
    asked_at BIGINT,
    ensured_at BIGINT,
    resource TEXT,
    address TEXT,
    retired BIGINT NOT NULL,
    PRIMARY KEY (sandbox, name)
);

-- The one log. A row gets its number after its commit; readers see numbered rows only.
CREATE TABLE log (
    id ROWID,
    number BIGINT,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    sandbox KEY,
    sequence BIGINT NOT NULL,
    changed TEXT NOT NULL,
    snapshot TEXT NOT NULL
);
CREATE UNIQUE INDEX log_number ON log (number) WHERE number IS NOT NULL;
CREATE INDEX log_unnumbered ON log (id) WHERE number IS NULL;
CREATE INDEX log_sandbox ON log (sandbox, sequence) WHERE sandbox IS NOT NULL;
-- One row; who numbers locks it.
CREATE TABLE log_head (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    pruned BIGINT NOT NULL,
    epoch KEY NOT NULL
);
CREATE TABLE epochs (
    epoch KEY PRIMARY KEY,
    ordinal BIGINT NOT NULL UNIQUE,
    minted_at BIGINT NOT NULL,
    accepted_at BIGINT,
    known_until BIGINT
);

CREATE TABLE leases (
    name KEY PRIMARY KEY,
    holder TEXT NOT NULL,
    term BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE counters (
    name KEY PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('creation', 0);

CREATE TABLE activity (
    sandbox KEY PRIMARY KEY,
    covered_ms BIGINT NOT NULL,
    last_active_at BIGINT NOT NULL
);
-- For each reporter the latest span without a gap that it has covered.
CREATE TABLE reporters (
    name KEY PRIMARY KEY,
    covered_from BIGINT NOT NULL,
    covered_until BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
-- One row: how far every live reporter has covered, and the sum of the spans that all of them did.
CREATE TABLE coverage (
    id BIGINT PRIMARY KEY,
    covered_ms BIGINT NOT NULL,
    frontier BIGINT NOT NULL
);
INSERT INTO coverage (id, covered_ms, frontier) VALUES (1, 0, 0);

CREATE TABLE tickets (
    hash KEY PRIMARY KEY,
    sandbox KEY NOT NULL,
    app KEY NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    access_epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
);
CREATE INDEX tickets_expires ON tickets (expires_at);
CREATE TABLE logins (
    hash KEY PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
);
CREATE TABLE sessions (
    hash KEY PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
-- Single facts about the region, by name.
CREATE TABLE region (
    name KEY PRIMARY KEY,
    value TEXT NOT NULL
);
