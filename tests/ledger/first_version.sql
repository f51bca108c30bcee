BEGIN;
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY, at REAL, day TEXT, source TEXT, access TEXT, model TEXT, tier TEXT,
    band INTEGER, client TEXT, label TEXT, conversation TEXT, mode TEXT, way TEXT, reason TEXT,
    outcome TEXT, status INTEGER, stop_reason TEXT, cause TEXT, missed INTEGER, messages INTEGER,
    queue_ms REAL, first_event_ms REAL, seconds REAL, key TEXT,
    input INTEGER, cache_write_5m INTEGER, cache_write_1h INTEGER, cache_read INTEGER, output INTEGER
);
CREATE INDEX exchanges_at ON exchanges (at);
CREATE INDEX exchanges_key ON exchanges (key);
CREATE INDEX exchanges_conversation ON exchanges (conversation);
CREATE TABLE days (
    day TEXT, source TEXT, access TEXT, model TEXT, tier TEXT, band INTEGER,
    client TEXT, mode TEXT, way TEXT, reason TEXT, outcome TEXT, cause TEXT,
    exchanges INTEGER, failed INTEGER, seconds REAL, missed INTEGER,
    input INTEGER, cache_write_5m INTEGER, cache_write_1h INTEGER, cache_read INTEGER, output INTEGER,
    PRIMARY KEY (day, source, access, model, tier, band, client, mode, way, reason, outcome, cause)
) WITHOUT ROWID;
CREATE TABLE windows (at REAL, access TEXT, window TEXT, used REAL, resets_at INTEGER);
CREATE INDEX windows_at ON windows (at);
INSERT INTO exchanges (at, day, source, access, model, band, output)
    VALUES (1795000000, '2026-11-18', 'towpath', 'default', 'claude-sonnet-5-5', 0, 40);
INSERT INTO days VALUES (
    '2026-11-18', 'towpath', 'default', 'claude-sonnet-5-5', '', 0,
    'opencode', 'passthrough', 'start', 'the conversation begins', 'complete', '',
    1, 0, 1.5, 0, 0, 0, 0, 0, 40
);
PRAGMA user_version = 1;
COMMIT;
