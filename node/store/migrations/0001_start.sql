-- Ids and times are BIGINT (times: Unix milliseconds, UTC); truth is 0 or 1.
-- `host` is '' for what is at home here, else the canonical host[:port] of the origin.

-- Whoever acts, ours and peers'. `words`: what a search for people looks in.
CREATE TABLE accounts (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  host          TEXT NOT NULL,
  username      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  summary       TEXT NOT NULL,
  fields        TEXT NOT NULL,
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
  discoverable  INTEGER NOT NULL,
  hides_follows INTEGER NOT NULL,
  bot           INTEGER NOT NULL,
  icon          TEXT NOT NULL,
  icon_file     TEXT NOT NULL,
  image         TEXT NOT NULL,
  image_file    TEXT NOT NULL,
  icon_alt      TEXT NOT NULL,
  image_alt     TEXT NOT NULL,
  also_known_as TEXT NOT NULL,
  moved_to      TEXT NOT NULL,
  moved_at      BIGINT,
  created_at    BIGINT NOT NULL,
  fetched_at    BIGINT NOT NULL,
  suspended_at  BIGINT,
  deleted_at    BIGINT,
  words         TEXT NOT NULL,
  revision      BIGINT NOT NULL DEFAULT 0
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
  appearance    TEXT NOT NULL,
  simple        INTEGER NOT NULL,
  bio           TEXT NOT NULL,
  audience      TEXT NOT NULL,
  sensitive     INTEGER NOT NULL,
  writes_in     TEXT NOT NULL,
  quote_policy  TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
  hash          TEXT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at    BIGINT NOT NULL,
  seen_at       BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

-- Clients that registered (OAuth 2.0). `redirect_uris` and `scopes`: one a line, and words with spaces between.
-- `used_at`: when a member last let it in.
CREATE TABLE applications (
  id            BIGINT PRIMARY KEY,
  client_id     TEXT NOT NULL UNIQUE,
  secret_hash   TEXT NOT NULL,
  name          TEXT NOT NULL,
  website       TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  scopes        TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  used_at       BIGINT
);
CREATE INDEX applications_created ON applications (created_at);

-- Authorization codes: each is used once, within minutes, for the token whose hash is kept with it.
CREATE TABLE codes (
  hash          TEXT PRIMARY KEY,
  application_id BIGINT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  redirect_uri  TEXT NOT NULL,
  scopes        TEXT NOT NULL,
  challenge     TEXT NOT NULL,
  expires_at    BIGINT NOT NULL,
  token_hash    TEXT NOT NULL
);
CREATE INDEX codes_application ON codes (application_id);
CREATE INDEX codes_account ON codes (account_id);

-- Access tokens. Without `account_id` it is a client's own; without `application_id` a member made it for a script.
CREATE TABLE tokens (
  hash          TEXT PRIMARY KEY,
  id            BIGINT NOT NULL UNIQUE,
  account_id    BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
  application_id BIGINT REFERENCES applications (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  scopes        TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX tokens_account ON tokens (account_id, id DESC);
CREATE INDEX tokens_application ON tokens (application_id);

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
  quote_policy  TEXT NOT NULL,
  replies       INTEGER NOT NULL,
  boosts        INTEGER NOT NULL,
  favourites    INTEGER NOT NULL,
  quotes        INTEGER NOT NULL,
  thread_id     BIGINT NOT NULL,
  revision      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX posts_author ON posts (author_id, id DESC);
CREATE INDEX posts_unit ON posts (id DESC)
  WHERE local = 1 AND visibility IN ('unit', 'organisation') AND boost_of IS NULL;
CREATE INDEX posts_organisation ON posts (id DESC)
  WHERE visibility IN ('organisation', 'public') AND boost_of IS NULL;
CREATE INDEX posts_pinned ON posts (author_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX posts_reply ON posts (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX posts_orphan ON posts (reply_to_uri) WHERE reply_to_id IS NULL AND reply_to_uri <> '';
CREATE INDEX posts_thread ON posts (thread_id);
CREATE INDEX posts_wall ON posts (wall_id, id DESC) WHERE wall_id IS NOT NULL;
CREATE UNIQUE INDEX posts_boost ON posts (boost_of, author_id) WHERE boost_of IS NOT NULL;

CREATE INDEX posts_quote ON posts (quote_id) WHERE quote_id IS NOT NULL;

-- Earlier versions of posts, as far as they were seen here. `options`: a poll's answers, one a line.
CREATE TABLE post_versions (
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  written_at    BIGINT NOT NULL,
  content       TEXT NOT NULL,
  summary       TEXT NOT NULL,
  sensitive     INTEGER NOT NULL,
  options       TEXT NOT NULL,
  PRIMARY KEY (post_id, written_at)
);

-- Which post a client's attempt has led to already.
CREATE TABLE attempts (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  key           TEXT NOT NULL,
  status_id     BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (account_id, key)
);
CREATE INDEX attempts_at ON attempts (at);

-- Posts to be published later. `draft` is JSON.
CREATE TABLE scheduled_posts (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  draft         TEXT NOT NULL,
  due_at        BIGINT NOT NULL
);
CREATE INDEX scheduled_posts_due ON scheduled_posts (due_at);
CREATE INDEX scheduled_posts_account ON scheduled_posts (account_id);

-- Files that belong to a post, or will. `file` and `preview` are names below the media folder, '' when they are not
-- here. Of our own uploads `account_id` is who uploaded it; `scheduled_id` is the planned post that will have it.
-- `state`: ready, processing or failed (with `error`, for its uploader). `seconds`: how long a sound or film lasts.
CREATE TABLE media (
  id            BIGINT PRIMARY KEY,
  post_id       BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  account_id    BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
  scheduled_id  BIGINT REFERENCES scheduled_posts (id) ON DELETE SET NULL,
  state         TEXT NOT NULL,
  error         TEXT NOT NULL,
  seconds       DOUBLE PRECISION,
  created_at    BIGINT NOT NULL,
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
  used_at       BIGINT NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  leased_until  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX media_unattached ON media (created_at) WHERE post_id IS NULL;
CREATE INDEX media_processing ON media (id) WHERE state = 'processing';
CREATE INDEX media_account ON media (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX media_scheduled ON media (scheduled_id) WHERE scheduled_id IS NOT NULL;
CREATE INDEX media_post ON media (post_id, place);
CREATE INDEX media_cached ON media (used_at) WHERE file <> '' AND remote_url <> '';

-- By which stamp of ours which post, anywhere, quotes one of ours (FEP-044f QuoteAuthorization).
CREATE TABLE quote_stamps (
  id            BIGINT PRIMARY KEY,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  quoting_uri   TEXT NOT NULL,
  UNIQUE (post_id, quoting_uri)
);

-- Files that nothing needs from `at` on: they are erased then. A new file is here too, until a row claims it.
CREATE TABLE doomed_files (
  name          TEXT PRIMARY KEY,
  at            BIGINT NOT NULL
);
CREATE INDEX doomed_files_due ON doomed_files (at);

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
  told          INTEGER NOT NULL DEFAULT 0,
  counted_at    BIGINT,
  voters        INTEGER
);
CREATE INDEX polls_counted ON polls (counted_at) WHERE counted_at IS NOT NULL;
CREATE INDEX polls_ending ON polls (ends_at) WHERE told = 0 AND ends_at IS NOT NULL;
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
  boosts        INTEGER NOT NULL DEFAULT 1,
  notify        INTEGER NOT NULL DEFAULT 0,
  languages     TEXT NOT NULL DEFAULT '',
  UNIQUE (target_id, follower_id)
);
CREATE INDEX follows_follower ON follows (follower_id, id);
CREATE INDEX follows_target ON follows (target_id, id);

-- What a member keeps for themselves; nobody is told.
CREATE TABLE bookmarks (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  UNIQUE (account_id, post_id)
);
CREATE INDEX bookmarks_post ON bookmarks (post_id);
CREATE TABLE mutes (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  notifications INTEGER NOT NULL,
  expires_at    BIGINT,
  UNIQUE (account_id, target_id)
);
CREATE INDEX mutes_target ON mutes (target_id);
CREATE INDEX mutes_ending ON mutes (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE thread_mutes (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  thread_id     BIGINT NOT NULL,
  PRIMARY KEY (account_id, thread_id)
);
CREATE INDEX thread_mutes_thread ON thread_mutes (thread_id);
CREATE TABLE host_mutes (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  host          TEXT NOT NULL,
  UNIQUE (account_id, host)
);
CREATE TABLE account_notes (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  text          TEXT NOT NULL,
  PRIMARY KEY (account_id, target_id)
);
CREATE INDEX account_notes_target ON account_notes (target_id);
CREATE TABLE endorsements (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  UNIQUE (account_id, target_id)
);
CREATE INDEX endorsements_target ON endorsements (target_id);
CREATE TABLE dismissed_suggestions (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, target_id)
);
CREATE INDEX dismissed_suggestions_target ON dismissed_suggestions (target_id);
CREATE TABLE featured_tags (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  UNIQUE (account_id, name)
);
CREATE TABLE followed_tags (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  UNIQUE (name, account_id)
);
CREATE INDEX followed_tags_account ON followed_tags (account_id);
CREATE TABLE lists (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  title         TEXT NOT NULL,
  replies       TEXT NOT NULL,
  exclusive     INTEGER NOT NULL
);
CREATE INDEX lists_account ON lists (account_id);
CREATE TABLE list_members (
  id            BIGINT PRIMARY KEY,
  list_id       BIGINT NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  UNIQUE (list_id, account_id)
);
CREATE INDEX list_members_account ON list_members (account_id);
CREATE TABLE markers (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  timeline      TEXT NOT NULL,
  last_read_id  BIGINT NOT NULL,
  version       INTEGER NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (account_id, timeline)
);

-- Filters: what a member does not want to see, or only behind a warning. `contexts`: words with spaces between.
CREATE TABLE filters (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  title         TEXT NOT NULL,
  contexts      TEXT NOT NULL,
  action        TEXT NOT NULL,
  expires_at    BIGINT
);
CREATE INDEX filters_account ON filters (account_id);
CREATE TABLE filter_keywords (
  id            BIGINT PRIMARY KEY,
  filter_id     BIGINT NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  keyword       TEXT NOT NULL,
  whole_word    INTEGER NOT NULL
);
CREATE INDEX filter_keywords_filter ON filter_keywords (filter_id);
CREATE TABLE filter_posts (
  id            BIGINT PRIMARY KEY,
  filter_id     BIGINT NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  UNIQUE (filter_id, post_id)
);
CREATE INDEX filter_posts_post ON filter_posts (post_id);

-- Direct messages by thread, as their members see them. `last_id`: the newest post they were told of, or wrote.
CREATE TABLE conversations (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  thread_id     BIGINT NOT NULL,
  last_id       BIGINT NOT NULL,
  unread        INTEGER NOT NULL,
  UNIQUE (thread_id, account_id)
);
CREATE INDEX conversations_latest ON conversations (account_id, last_id DESC);

-- What administrators tell everybody. Dates of what it is about are optional.
CREATE TABLE announcements (
  id            BIGINT PRIMARY KEY,
  text          TEXT NOT NULL,
  content       TEXT NOT NULL,
  starts_at     BIGINT,
  ends_at       BIGINT,
  all_day       INTEGER NOT NULL,
  published_at  BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL
);
CREATE TABLE announcement_reads (
  announcement_id BIGINT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (announcement_id, account_id)
);
CREATE INDEX announcement_reads_account ON announcement_reads (account_id);
CREATE TABLE announcement_reactions (
  announcement_id BIGINT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (announcement_id, name, account_id)
);
CREATE INDEX announcement_reactions_account ON announcement_reactions (account_id);

-- Who wants nothing to do with whom: neither sees the other.
CREATE TABLE blocks (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  UNIQUE (account_id, target_id)
);
CREATE INDEX blocks_target ON blocks (target_id);

-- Complaints about accounts and posts of ours. Who complained is for moderators only. `rules`: places of the house
-- rules it is about, with spaces between; `assigned_id`, `closed_by`: which moderator looks after it, and ended it.
CREATE TABLE reports (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  from_id       BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  content       TEXT NOT NULL,
  category      TEXT NOT NULL,
  rules         TEXT NOT NULL,
  state         TEXT NOT NULL,
  assigned_id   BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  closed_by     BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  closed_at     BIGINT,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL
);
CREATE INDEX reports_open ON reports (id) WHERE state = 'open';
CREATE INDEX reports_from ON reports (from_id) WHERE from_id IS NOT NULL;
CREATE INDEX reports_target ON reports (target_id);
CREATE INDEX reports_assigned ON reports (assigned_id) WHERE assigned_id IS NOT NULL;
CREATE INDEX reports_closed_by ON reports (closed_by) WHERE closed_by IS NOT NULL;
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

-- What members are told. `group_key`: those with the same one are shown together, '' for one that stands alone.
-- `filtered`: held back by the member's policy.
CREATE TABLE notifications (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  from_id       BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  post_id       BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  report_id     BIGINT REFERENCES reports (id) ON DELETE CASCADE,
  group_key     TEXT NOT NULL,
  filtered      INTEGER NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX notifications_account ON notifications (account_id, id DESC);
CREATE INDEX notifications_post ON notifications (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX notifications_from ON notifications (from_id);
CREATE INDEX notifications_report ON notifications (report_id) WHERE report_id IS NOT NULL;
CREATE INDEX notifications_group ON notifications (account_id, group_key, id DESC) WHERE group_key <> '';
CREATE INDEX notifications_filtered ON notifications (account_id, from_id) WHERE filtered = 1;

-- Of whom a member wants to be told. Each column: accept, filter (hold back) or drop.
CREATE TABLE notification_policies (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  not_following TEXT NOT NULL,
  not_followers TEXT NOT NULL,
  new_accounts  TEXT NOT NULL,
  private_mentions TEXT NOT NULL,
  limited       TEXT NOT NULL
);
-- Whose notifications wait until the member asks for them and, `accepted`, who is let through from then on.
CREATE TABLE notification_requests (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  from_id       BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  accepted      INTEGER NOT NULL,
  UNIQUE (account_id, from_id)
);
CREATE INDEX notification_requests_from ON notification_requests (from_id);

-- Browsers and apps to which notifications are pushed (RFC 8030), each by the access token of its client.
CREATE TABLE push_subscriptions (
  id            BIGINT PRIMARY KEY,
  token_hash    TEXT NOT NULL UNIQUE REFERENCES tokens (hash) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  endpoint      TEXT NOT NULL,
  p256dh        TEXT NOT NULL,
  auth          TEXT NOT NULL,
  standard      INTEGER NOT NULL,
  alerts        TEXT NOT NULL,
  policy        TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_account ON push_subscriptions (account_id);

-- Where, and of what, members are told by mail: who has a row confirmed its address. `kinds`: words with spaces between.
-- Notifications up to `told_id` were told, or seen; `told_at`, `digested_at`: when last. `seen_at`: when the member last
-- asked for anything.
CREATE TABLE mail_settings (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  address       TEXT NOT NULL,
  kinds         TEXT NOT NULL,
  digest        TEXT NOT NULL,
  confirmed_at  BIGINT NOT NULL,
  told_id       BIGINT NOT NULL,
  told_at       BIGINT NOT NULL,
  digested_at   BIGINT NOT NULL,
  seen_at       BIGINT NOT NULL
);
CREATE INDEX mail_settings_address ON mail_settings (LOWER(address));

-- Links that mails carry; each works once. What stands in them is made of `id` and the node's secret, and kept nowhere.
CREATE TABLE mail_links (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  purpose       TEXT NOT NULL,
  address       TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  used_at       BIGINT
);
CREATE INDEX mail_links_account ON mail_links (account_id);
CREATE INDEX mail_links_address ON mail_links (LOWER(address));

-- Mails on their way. What they say is made when they leave, of what is there then: `about` is JSON.
CREATE TABLE mails (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  address       TEXT NOT NULL,
  about         TEXT NOT NULL,
  attempts      INTEGER NOT NULL,
  due_at        BIGINT NOT NULL,
  leased_until  BIGINT NOT NULL,
  gives_up_at   BIGINT NOT NULL,
  error         TEXT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX mails_due ON mails (due_at);
CREATE INDEX mails_account ON mails (account_id, kind);

-- Which mails of members were taken as answers. `mail` is the hash of a Message-ID and the post it answers.
CREATE TABLE mail_answers (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  mail          TEXT NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (account_id, mail)
);
CREATE INDEX mail_answers_at ON mail_answers (at);

-- What happened in one process, for the open streams that another one holds. `events` is JSON; kept for minutes.
CREATE TABLE notices (
  id            BIGINT PRIMARY KEY,
  process       TEXT NOT NULL,
  events        TEXT NOT NULL,
  at            BIGINT NOT NULL
);
CREATE INDEX notices_at ON notices (at);

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
