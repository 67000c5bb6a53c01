-- Ids and times are BIGINT (times: Unix milliseconds, UTC); truth is 0 or 1.
-- `host` is '' for what is at home here, else the canonical host[:port] of the origin.

CREATE TABLE accounts (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  host          TEXT NOT NULL,
  username      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  summary       TEXT NOT NULL,
  position      TEXT NOT NULL,
  department    TEXT NOT NULL,
  skills        TEXT NOT NULL,
  url           TEXT NOT NULL,
  inbox         TEXT NOT NULL,
  shared_inbox  TEXT NOT NULL,
  outbox        TEXT NOT NULL,
  followers     TEXT NOT NULL,
  following     TEXT NOT NULL,
  wall          TEXT NOT NULL,
  wall_open     INTEGER NOT NULL,
  featured      TEXT NOT NULL,
  locked        INTEGER NOT NULL,
  indexable     INTEGER NOT NULL,
  also_known_as TEXT NOT NULL,
  moved_to      TEXT NOT NULL,
  moved_at      BIGINT,
  created_at    BIGINT NOT NULL,
  fetched_at    BIGINT NOT NULL,
  suspended_at  BIGINT,
  deleted_at    BIGINT
);
CREATE UNIQUE INDEX accounts_handle ON accounts (host, LOWER(username));
CREATE INDEX accounts_followers ON accounts (followers);
CREATE INDEX accounts_wall ON accounts (wall);

-- Every actor's keys. `sealed` is the wrapped private half of our own ones. After a rotation `old_sealed` signs
-- what was queued before it, up to the activity `rotated_by` that announces the new key.
CREATE TABLE keys (
  id            TEXT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  algorithm     TEXT NOT NULL,
  public        TEXT NOT NULL,
  sealed        BYTEA,
  old_sealed    BYTEA,
  rotated_by    BIGINT,
  created_at    BIGINT NOT NULL
);
CREATE INDEX keys_account ON keys (account_id);

-- The sign-in behind a local account.
CREATE TABLE users (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  language      TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
  hash          TEXT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at    BIGINT NOT NULL,
  seen_at       BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE tokens (
  hash          TEXT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  scopes        TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX tokens_account ON tokens (account_id);

CREATE TABLE invitations (
  hash          TEXT PRIMARY KEY,
  role          TEXT NOT NULL,
  note          TEXT NOT NULL,
  invited_by    BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  used_at       BIGINT
);

-- Wrong passwords, for the limit on guessing.
CREATE TABLE login_failures (
  subject       TEXT NOT NULL,
  at            BIGINT NOT NULL
);
CREATE INDEX login_failures_subject ON login_failures (subject, at);

CREATE TABLE posts (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  author_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  local         INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  visibility    TEXT NOT NULL,
  content       TEXT NOT NULL,
  source        TEXT NOT NULL,
  summary       TEXT NOT NULL,
  sensitive     INTEGER NOT NULL,
  language      TEXT NOT NULL,
  url           TEXT NOT NULL,
  reply_to_id   BIGINT REFERENCES posts (id) ON DELETE SET NULL,
  reply_to_uri  TEXT NOT NULL,
  boost_of      BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  wall_id       BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  wall_shown    INTEGER NOT NULL,
  published_at  BIGINT NOT NULL,
  edited_at     BIGINT,
  pinned_at     BIGINT,
  closed        TEXT NOT NULL,
  quote_uri     TEXT NOT NULL,
  quote_stamp   TEXT NOT NULL,
  quote_id      BIGINT REFERENCES posts (id) ON DELETE SET NULL,
  replies_uri   TEXT NOT NULL,
  replies       INTEGER NOT NULL,
  boosts        INTEGER NOT NULL,
  favourites    INTEGER NOT NULL
);
CREATE INDEX posts_author ON posts (author_id, id DESC);
CREATE INDEX posts_unit ON posts (id DESC)
  WHERE local = 1 AND visibility IN ('unit', 'organisation') AND boost_of IS NULL;
CREATE INDEX posts_organisation ON posts (id DESC)
  WHERE visibility IN ('organisation', 'public') AND boost_of IS NULL;
CREATE INDEX posts_pinned ON posts (author_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX posts_reply ON posts (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX posts_orphan ON posts (reply_to_uri) WHERE reply_to_id IS NULL AND reply_to_uri <> '';
CREATE INDEX posts_wall ON posts (wall_id, id DESC) WHERE wall_id IS NOT NULL;
CREATE UNIQUE INDEX posts_boost ON posts (boost_of, author_id) WHERE boost_of IS NOT NULL;

CREATE INDEX posts_quote ON posts (quote_id) WHERE quote_id IS NOT NULL;

-- Files that belong to a post. `file` and `preview` are names below the media folder, '' when they are not here.
CREATE TABLE media (
  id            BIGINT PRIMARY KEY,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  place         INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  media_type    TEXT NOT NULL,
  remote_url    TEXT NOT NULL,
  description   TEXT NOT NULL,
  width         INTEGER,
  height        INTEGER,
  blurhash      TEXT NOT NULL,
  focus_x       DOUBLE PRECISION,
  focus_y       DOUBLE PRECISION,
  file          TEXT NOT NULL,
  preview       TEXT NOT NULL,
  used_at       BIGINT NOT NULL
);
CREATE INDEX media_post ON media (post_id, place);
CREATE INDEX media_cached ON media (used_at) WHERE file <> '' AND remote_url <> '';

-- Files whose rows are gone: erased from the disk soon after the transaction that says so.
CREATE TABLE doomed_files (
  name          TEXT PRIMARY KEY
);

CREATE TABLE hashtags (
  name          TEXT NOT NULL,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  PRIMARY KEY (name, post_id)
);
CREATE INDEX hashtags_post ON hashtags (post_id);

-- Pictures that stand for `:shortcode:` in texts of a host's people.
CREATE TABLE emojis (
  id            BIGINT PRIMARY KEY,
  host          TEXT NOT NULL,
  shortcode     TEXT NOT NULL,
  remote_url    TEXT NOT NULL,
  file          TEXT NOT NULL,
  UNIQUE (host, shortcode)
);

CREATE TABLE polls (
  post_id       BIGINT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  several       INTEGER NOT NULL,
  ends_at       BIGINT,
  closed        INTEGER NOT NULL,
  voters        INTEGER
);
CREATE TABLE poll_options (
  post_id       BIGINT NOT NULL REFERENCES polls (post_id) ON DELETE CASCADE,
  place         INTEGER NOT NULL,
  name          TEXT NOT NULL,
  votes         INTEGER NOT NULL,
  PRIMARY KEY (post_id, place)
);
CREATE TABLE poll_votes (
  post_id       BIGINT NOT NULL REFERENCES polls (post_id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  place         INTEGER NOT NULL,
  PRIMARY KEY (post_id, account_id, place)
);
CREATE INDEX poll_votes_account ON poll_votes (account_id);

CREATE TABLE mentions (
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (post_id, account_id)
);
CREATE INDEX mentions_account ON mentions (account_id);

CREATE TABLE favourites (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  UNIQUE (post_id, account_id)
);
CREATE INDEX favourites_account ON favourites (account_id);

CREATE TABLE follows (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  follower_id   BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  accepted      INTEGER NOT NULL,
  UNIQUE (target_id, follower_id)
);
CREATE INDEX follows_follower ON follows (follower_id);

-- Who wants nothing to do with whom: neither sees the other.
CREATE TABLE blocks (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  UNIQUE (account_id, target_id)
);
CREATE INDEX blocks_target ON blocks (target_id);

-- Complaints about accounts and posts of ours. Who complained is for moderators only.
CREATE TABLE reports (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  from_id       BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  content       TEXT NOT NULL,
  state         TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX reports_open ON reports (id) WHERE state = 'open';
CREATE TABLE report_posts (
  report_id     BIGINT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  PRIMARY KEY (report_id, post_id)
);

-- Home timelines, written when a post arrives. `id` is the post's, or the boost's, own id.
CREATE TABLE home_entries (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id            BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX home_entries_post ON home_entries (id);

CREATE TABLE notifications (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  from_id       BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  post_id       BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  created_at    BIGINT NOT NULL
);
CREATE INDEX notifications_account ON notifications (account_id, id DESC);
CREATE INDEX notifications_post ON notifications (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX notifications_from ON notifications (from_id);

-- What was deleted or undone: its uri never enters again. `by` is the actor who said so.
CREATE TABLE tombstones (
  uri           TEXT PRIMARY KEY,
  by            TEXT NOT NULL,
  former_type   TEXT NOT NULL,
  deleted_at    BIGINT NOT NULL
);

-- The copy ledger: which node got which object, by what way, and how its erasure stands.
CREATE TABLE copies (
  object        TEXT NOT NULL,
  host          TEXT NOT NULL,
  owner         TEXT NOT NULL,
  how           TEXT NOT NULL,
  inbox         TEXT NOT NULL,
  at            BIGINT NOT NULL,
  state         TEXT NOT NULL,
  PRIMARY KEY (object, host)
);
CREATE INDEX copies_owner ON copies (owner);

-- What peers sent: the row is the queue, and its id in `uri` is why nothing happens twice.
CREATE TABLE inbox_rows (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  type          TEXT NOT NULL,
  actor         TEXT NOT NULL,
  host          TEXT NOT NULL,
  object        TEXT NOT NULL,
  body          BYTEA NOT NULL,
  state         TEXT NOT NULL,
  attempts      INTEGER NOT NULL,
  due_at        BIGINT NOT NULL,
  leased_until  BIGINT NOT NULL,
  waits_for     TEXT NOT NULL,
  error         TEXT NOT NULL,
  received_at   BIGINT NOT NULL
);
CREATE INDEX inbox_rows_due ON inbox_rows (due_at) WHERE state = 'due';
CREATE INDEX inbox_rows_waits ON inbox_rows (waits_for) WHERE waits_for <> '';
CREATE INDEX inbox_rows_object ON inbox_rows (object) WHERE object <> '';
CREATE INDEX inbox_rows_kept ON inbox_rows (received_at) WHERE state <> 'due';

-- What our actors did, as it was sent.
CREATE TABLE activities (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  actor_id      BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  type          TEXT NOT NULL,
  object        TEXT NOT NULL,
  body          BYTEA NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX activities_actor ON activities (actor_id, id DESC);
CREATE INDEX activities_object ON activities (object);

CREATE TABLE deliveries (
  id            BIGINT PRIMARY KEY,
  activity_id   BIGINT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
  host          TEXT NOT NULL,
  inbox         TEXT NOT NULL,
  state         TEXT NOT NULL,
  attempts      INTEGER NOT NULL,
  due_at        BIGINT NOT NULL,
  leased_until  BIGINT NOT NULL,
  gives_up_at   BIGINT,
  status        INTEGER NOT NULL,
  error         TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (host, due_at, id) WHERE state = 'due';
CREATE INDEX deliveries_activity ON deliveries (activity_id);

-- How contact with each other node stands: the circuit breaker.
CREATE TABLE hosts (
  host          TEXT PRIMARY KEY,
  failures      INTEGER NOT NULL,
  open_until    BIGINT NOT NULL,
  last_ok_at    BIGINT,
  last_error    TEXT NOT NULL
);

-- The organisation this node belongs to: at most one row, id 1. `document` is the signed list.
CREATE TABLE organisation (
  id            INTEGER PRIMARY KEY,
  uri           TEXT NOT NULL,
  members       TEXT NOT NULL,
  name          TEXT NOT NULL,
  host          TEXT NOT NULL,
  key           TEXT NOT NULL,
  key_id        TEXT NOT NULL,
  version       BIGINT NOT NULL,
  document      BYTEA NOT NULL
);
CREATE TABLE organisation_members (
  host          TEXT PRIMARY KEY,
  uri           TEXT NOT NULL,
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  shared_inbox  TEXT NOT NULL
);
CREATE TABLE organisation_invitations (
  hash          TEXT PRIMARY KEY,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  used_at       BIGINT,
  used_by       TEXT NOT NULL
);
