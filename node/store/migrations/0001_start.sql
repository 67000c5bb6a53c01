-- Ids and times are BIGINT (times: Unix milliseconds, UTC); truth is 0 or 1.
-- `host` is '' for what is at home here, else the canonical host[:port] of the origin.

-- Whoever acts, ours and peers'. `told`: all that their profile says but the name, sealed. `words`: what a search for
-- people looks in, and `department_mark`: what is the same of all in a department, both as masks (`Seals.mask`).
CREATE TABLE accounts (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  host          TEXT NOT NULL,
  username      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  told          BYTEA NOT NULL,
  narrow        TEXT NOT NULL,
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
  guest         INTEGER NOT NULL,
  persona       INTEGER NOT NULL,
  icon          TEXT NOT NULL,
  icon_file     TEXT NOT NULL,
  image         TEXT NOT NULL,
  image_file    TEXT NOT NULL,
  emojis        TEXT NOT NULL,
  board         INTEGER NOT NULL,
  also_known_as TEXT NOT NULL,
  moved_to      TEXT NOT NULL,
  moved_at      BIGINT,
  created_at    BIGINT NOT NULL,
  fetched_at    BIGINT NOT NULL,
  suspended_at  BIGINT,
  hidden_at     BIGINT,
  deleted_at    BIGINT,
  words         TEXT NOT NULL,
  department_mark TEXT NOT NULL,
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

-- The sign-in behind a local account. `seen_day`: days from 1970 to the last one on which the member did anything; it is
-- for the end of accounts that nobody uses, and shown to nobody. `bio` is sealed.
CREATE TABLE users (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  language      TEXT NOT NULL,
  appearance    TEXT NOT NULL,
  simple        INTEGER NOT NULL,
  shortcuts     INTEGER NOT NULL,
  bio           BYTEA NOT NULL,
  audience      TEXT NOT NULL,
  sensitive     INTEGER NOT NULL,
  writes_in     TEXT NOT NULL,
  quote_policy  TEXT NOT NULL,
  seen_day      INTEGER NOT NULL,
  created_at    BIGINT NOT NULL
);

-- What a member signs in with beside their password. `key`: what their authenticator app has (sealed). `since`: when it
-- began to count. `step`: the step of time of the last code that was used; `wrong`: tries without success since then, the
-- last one at `tried_at`.
CREATE TABLE second_factors (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  key           BYTEA NOT NULL,
  since         BIGINT,
  step          BIGINT NOT NULL,
  wrong         INTEGER NOT NULL,
  tried_at      BIGINT NOT NULL
);

-- Codes for once, for who has lost the app; of each a keyed mark.
CREATE TABLE recovery_codes (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  mark          TEXT NOT NULL,
  PRIMARY KEY (account_id, mark)
);

-- Who has not been here for long, or was suspended for long, and the last step that was taken (`node.domain.inactivity`);
-- `at`: when the member was told, from which the next step is measured.
CREATE TABLE absences (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  step          TEXT NOT NULL,
  at            BIGINT NOT NULL
);
-- Who was banned and is erased: hashes of their user name and mail address (`node.domain.bans`), until a day. There is no
-- id, for its moment would tell whose account it was.
CREATE TABLE bans (
  name          TEXT PRIMARY KEY,
  address       TEXT,
  ends_at       BIGINT NOT NULL
);
-- Until when an account must not be erased, by law. `reason` is sealed. `gone`: it is one of another node, which has
-- erased it; here it is hidden, and erased at the end.
CREATE TABLE holds (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  reason        BYTEA NOT NULL,
  until         BIGINT NOT NULL,
  placed_at     BIGINT NOT NULL,
  gone          INTEGER NOT NULL DEFAULT 0
);
-- Members who leave: until when they are here (`ended_at`: when that was seen to). `asked`: the erasure was asked for, and
-- waits for the end of a hold.
-- `heir_id`: the page in whose name stays what shall stay; it may be gone by then.
CREATE TABLE departures (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  until         BIGINT NOT NULL,
  ended_at      BIGINT,
  asked         INTEGER NOT NULL,
  heir_id       BIGINT
);
-- What of theirs stays: all in a group (`by_unit`: an administrator says so), or a single post; the other one is 0.
CREATE TABLE bequests (
  account_id    BIGINT NOT NULL REFERENCES departures (account_id) ON DELETE CASCADE,
  group_id      BIGINT NOT NULL,
  post_id       BIGINT NOT NULL,
  by_unit       INTEGER NOT NULL,
  PRIMARY KEY (account_id, group_id, post_id, by_unit)
);
-- When the loop that ends accounts last went round, at most one row, id 1.
CREATE TABLE rounds (
  id            INTEGER PRIMARY KEY,
  at            BIGINT NOT NULL
);

-- The terms of guests: who answers for them, until when they are here (`ended_at`: when that was seen to), and which
-- groups they may be members of. Who has the mark `accounts.guest` and no row here may nothing at all.
CREATE TABLE guests (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  sponsor_id    BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  until         BIGINT NOT NULL,
  ended_at      BIGINT
);
CREATE INDEX guests_sponsor ON guests (sponsor_id) WHERE sponsor_id IS NOT NULL;
CREATE INDEX guests_due ON guests (until) WHERE ended_at IS NULL;
CREATE TABLE guest_groups (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  group_id      BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, group_id)
);
CREATE INDEX guest_groups_group ON guest_groups (group_id);

-- Pseudonymous accounts of members. Whose one is nobody reads here: `mark` and `sealed` are made with a key of its own
-- (`node.domain.personas`). `ends_at`: when it is erased, its member being gone.
CREATE TABLE personas (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  mark          TEXT NOT NULL UNIQUE,
  sealed        BYTEA NOT NULL,
  ends_at       BIGINT
);
CREATE INDEX personas_due ON personas (ends_at) WHERE ends_at IS NOT NULL;
-- When two roles looked together whose a persona is, and why, sealed; `told_at`: since when the person can
-- read of it.
CREATE TABLE looks (
  id            BIGINT PRIMARY KEY,
  persona_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  reason        BYTEA NOT NULL,
  bench         TEXT NOT NULL,
  asked_by      BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  asked_at      BIGINT NOT NULL,
  agreed_by     BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  agreed_at     BIGINT,
  told_at       BIGINT
);
CREATE INDEX looks_persona ON looks (persona_id);
CREATE INDEX looks_asked_by ON looks (asked_by);
CREATE INDEX looks_agreed_by ON looks (agreed_by) WHERE agreed_by IS NOT NULL;
CREATE INDEX looks_open ON looks (agreed_at) WHERE told_at IS NULL AND agreed_at IS NOT NULL;

-- Members under age: who they are only administrators are told (`node.store.minors`), and nothing of it leaves.
CREATE TABLE minors (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE
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

-- `note` is sealed with the key of the node. `minor`: it is for somebody under age.
CREATE TABLE invitations (
  hash          TEXT PRIMARY KEY,
  role          TEXT NOT NULL,
  note          BYTEA NOT NULL,
  minor         INTEGER NOT NULL,
  invited_by    BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  used_at       BIGINT
);
CREATE INDEX invitations_by ON invitations (invited_by) WHERE invited_by IS NOT NULL;

-- The terms of those who are invited as guests. `groups`: ids with spaces between.
CREATE TABLE guest_invitations (
  hash          TEXT PRIMARY KEY REFERENCES invitations (hash) ON DELETE CASCADE,
  sponsor_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  until         BIGINT NOT NULL,
  groups        TEXT NOT NULL
);
CREATE INDEX guest_invitations_sponsor ON guest_invitations (sponsor_id);

-- Wrong passwords, for the limit on guessing. `subject`: a keyed hash of whose one it was said to be, or from where.
CREATE TABLE login_failures (
  subject       TEXT NOT NULL,
  at            BIGINT NOT NULL
);
CREATE INDEX login_failures_subject ON login_failures (subject, at);

-- `said`: text, source and warning, sealed.
CREATE TABLE posts (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  author_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  local         INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  visibility    TEXT NOT NULL,
  said          BYTEA NOT NULL,
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
  expires_at    BIGINT,
  pinned_at     BIGINT,
  closed        TEXT NOT NULL,
  quote_uri     TEXT NOT NULL,
  quote_stamp   TEXT NOT NULL,
  quote_id      BIGINT REFERENCES posts (id) ON DELETE SET NULL,
  quote_end     TEXT NOT NULL,
  group_id      BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  replies_uri   TEXT NOT NULL,
  quote_policy  TEXT NOT NULL,
  locked        INTEGER NOT NULL,
  replies       INTEGER NOT NULL,
  boosts        INTEGER NOT NULL,
  favourites    INTEGER NOT NULL,
  quotes        INTEGER NOT NULL,
  thread_id     BIGINT NOT NULL,
  imported      INTEGER NOT NULL,
  revision      BIGINT NOT NULL DEFAULT 0,
  cuts          INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX posts_author ON posts (author_id, id DESC);
CREATE INDEX posts_unit ON posts (id DESC)
  WHERE local = 1 AND visibility IN ('unit', 'organisation') AND boost_of IS NULL;
CREATE INDEX posts_organisation ON posts (id DESC)
  WHERE visibility IN ('organisation', 'public') AND boost_of IS NULL;
CREATE INDEX posts_expires ON posts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX posts_pinned ON posts (author_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX posts_reply ON posts (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX posts_orphan ON posts (reply_to_uri) WHERE reply_to_id IS NULL AND reply_to_uri <> '';
CREATE INDEX posts_thread ON posts (thread_id);
CREATE INDEX posts_wall ON posts (wall_id, id DESC) WHERE wall_id IS NOT NULL;
CREATE INDEX posts_group ON posts (group_id, id DESC) WHERE group_id IS NOT NULL;
CREATE UNIQUE INDEX posts_boost ON posts (boost_of, author_id) WHERE boost_of IS NOT NULL;

CREATE INDEX posts_quote ON posts (quote_id) WHERE quote_id IS NOT NULL;

-- Earlier versions of posts, as far as they were seen here. `said`: text, warning and a poll's answers, one a line; sealed.
CREATE TABLE post_versions (
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  written_at    BIGINT NOT NULL,
  said          BYTEA NOT NULL,
  sensitive     INTEGER NOT NULL,
  PRIMARY KEY (post_id, written_at)
);
CREATE INDEX post_versions_written ON post_versions (written_at);

-- Which post a client's attempt has led to already.
CREATE TABLE attempts (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  key           TEXT NOT NULL,
  status_id     BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (account_id, key)
);
CREATE INDEX attempts_at ON attempts (at);

-- Posts to be published later. `draft` is JSON, sealed. `editor_id`: who wrote it, when it is in the name of a page.
CREATE TABLE scheduled_posts (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  editor_id     BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
  draft         BYTEA NOT NULL,
  due_at        BIGINT NOT NULL
);
CREATE INDEX scheduled_posts_due ON scheduled_posts (due_at);
CREATE INDEX scheduled_posts_account ON scheduled_posts (account_id);
CREATE INDEX scheduled_posts_editor ON scheduled_posts (editor_id) WHERE editor_id IS NOT NULL;

-- What a member typed and does not want to publish yet. `form`: (name, text) pairs of the composer, as JSON, sealed.
CREATE TABLE drafts (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  form          BYTEA NOT NULL,
  kept_at       BIGINT NOT NULL
);
CREATE INDEX drafts_account ON drafts (account_id, kept_at);

-- What members bring along from accounts of before (`node.domain.imports`). `name`: of what they brought,
-- sealed; `file`: the archive, while it is needed.
CREATE TABLE imports (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          BYTEA NOT NULL,
  audience      TEXT NOT NULL,
  file          TEXT NOT NULL,
  left_out      TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  leased_until  BIGINT NOT NULL,
  finished_at   BIGINT
);
CREATE INDEX imports_account ON imports (account_id);
CREATE INDEX imports_open ON imports (leased_until) WHERE finished_at IS NULL;

-- What is to be done of it; `content` is JSON, sealed.
CREATE TABLE import_items (
  id            BIGINT PRIMARY KEY,
  import_id     BIGINT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  content       BYTEA NOT NULL,
  state         TEXT NOT NULL,
  reason        TEXT NOT NULL,
  tries         INTEGER NOT NULL
);
CREATE INDEX import_items_state ON import_items (import_id, state, id);

-- Which old posts were brought along: `mark` is a hash of whose and which, `post_id` what it became, though deleted since.
CREATE TABLE imported_posts (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  mark          TEXT NOT NULL,
  post_id       BIGINT NOT NULL,
  PRIMARY KEY (account_id, mark)
);

-- Files that belong to a post, or will. `file` and `preview` are names below the media folder, '' when they are not
-- here. Of our own uploads `account_id` is who uploaded it; `scheduled_id` is the planned post that will have it.
-- `state`: ready, processing or failed (with `error`, for its uploader). `seconds`: how long a sound or film lasts.
-- `description` is sealed. `created_at`: when it was uploaded, or lost its post. `left_of`: the deleted post whose file it was, while its author may
-- write that anew; `renewed`: how often this has happened. Former links are worth nothing then.
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
  description   BYTEA NOT NULL,
  width         INTEGER,
  height        INTEGER,
  blurhash      TEXT NOT NULL,
  focus_x       DOUBLE PRECISION,
  focus_y       DOUBLE PRECISION,
  file          TEXT NOT NULL,
  preview       TEXT NOT NULL,
  used_at       BIGINT NOT NULL,
  left_of       TEXT NOT NULL DEFAULT '',
  renewed       INTEGER NOT NULL DEFAULT 0,
  attempts      INTEGER NOT NULL DEFAULT 0,
  leased_until  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX media_left ON media (left_of) WHERE left_of <> '';
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

-- Hashtags of posts. `name` is '' for those of a direct message, which are in `said`, sealed, as JSON.
CREATE TABLE hashtags (
  name          TEXT NOT NULL,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  said          BYTEA NOT NULL,
  PRIMARY KEY (name, post_id)
);
CREATE INDEX hashtags_post ON hashtags (post_id);

-- The links in posts for the organisation, while trends are on. `url`: as `node.domain.links` has it; `title`: what the
-- post calls it, '' where that is the address.
CREATE TABLE post_links (
  url           TEXT NOT NULL,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  title         TEXT NOT NULL,
  PRIMARY KEY (url, post_id)
);
CREATE INDEX post_links_post ON post_links (post_id);
-- What trends, counted anew every quarter of an hour. `name`: the hashtag, the address or, as text, the id of the post.
-- `days`: JSON, for each of the last seven days how often and by how many people, the newest first.
CREATE TABLE trends (
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  post_id       BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  people        INTEGER NOT NULL,
  days          TEXT NOT NULL,
  PRIMARY KEY (kind, name)
);
CREATE INDEX trends_post ON trends (post_id) WHERE post_id IS NOT NULL;
-- What moderators do not want to be shown among it, whether it trends or not.
CREATE TABLE trend_refusals (
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  post_id       BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  at            BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
);
CREATE INDEX trend_refusals_post ON trend_refusals (post_id) WHERE post_id IS NOT NULL;

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
  name          BYTEA NOT NULL,
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

-- What makes a Group actor a group, ours and peers'. Its members are its accepted followers, who asks is one who is not
-- accepted yet. `rules`: one a line. `real_names`: why nobody is in it under a pseudonym. `moderators`: the collection of those who look after it.
CREATE TABLE groups (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  joining       TEXT NOT NULL,
  readers       TEXT NOT NULL,
  posting       TEXT NOT NULL,
  listed        INTEGER NOT NULL,
  rules         TEXT NOT NULL,
  question      TEXT NOT NULL,
  real_names    TEXT NOT NULL,
  moderators    TEXT NOT NULL,
  archived_at   BIGINT
);
-- What somebody may do in a group beyond being a member; a role that was lent ends by itself (`until`).
CREATE TABLE group_roles (
  group_id      BIGINT NOT NULL REFERENCES groups (account_id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  role          TEXT NOT NULL,
  until         BIGINT,
  PRIMARY KEY (group_id, account_id, role)
);
CREATE INDEX group_roles_account ON group_roles (account_id);
-- Whom a group wants to have (`uri`: of the Invite, where one was sent), and whom not.
CREATE TABLE group_invitations (
  group_id      BIGINT NOT NULL REFERENCES groups (account_id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  uri           TEXT NOT NULL DEFAULT '',
  at            BIGINT NOT NULL,
  PRIMARY KEY (group_id, account_id)
);
CREATE INDEX group_invitations_account ON group_invitations (account_id);
CREATE TABLE group_bans (
  group_id      BIGINT NOT NULL REFERENCES groups (account_id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  at            BIGINT NOT NULL,
  PRIMARY KEY (group_id, account_id)
);
CREATE INDEX group_bans_account ON group_bans (account_id);
-- What somebody who wants to join answered to the group's question, sealed.
CREATE TABLE group_answers (
  follow_id     BIGINT PRIMARY KEY REFERENCES follows (id) ON DELETE CASCADE,
  answer        BYTEA NOT NULL
);

-- The contract that opens one group to one partner. `side`: which of the parts this node has in it. `document`: as the
-- group's home signed it last; `agreed`: its terms as the partner signed them. `opened_at`: since when it is active without
-- a break.
CREATE TABLE bridges (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  group_id      BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  name          TEXT NOT NULL,
  side          TEXT NOT NULL,
  home          TEXT NOT NULL,
  partner       TEXT NOT NULL,
  state         TEXT NOT NULL,
  version       BIGINT NOT NULL,
  purpose       TEXT NOT NULL,
  contact       TEXT NOT NULL,
  partner_contact TEXT NOT NULL,
  files         INTEGER NOT NULL,
  pseudonyms    INTEGER NOT NULL,
  one_sided     INTEGER NOT NULL,
  starts_at     BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL,
  document      BYTEA NOT NULL,
  agreed        BYTEA NOT NULL,
  opened_at     BIGINT,
  reminded      INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX bridges_group ON bridges (group_id, state);
-- The nodes that take part in a bridge. `told`: the last activity about it that was sent there; `ready`: it was answered.
CREATE TABLE bridge_hosts (
  bridge_id     BIGINT NOT NULL REFERENCES bridges (id) ON DELETE CASCADE,
  host          TEXT NOT NULL,
  inbox         TEXT NOT NULL,
  told          TEXT NOT NULL,
  ready         INTEGER NOT NULL,
  PRIMARY KEY (bridge_id, host)
);
CREATE INDEX bridge_hosts_host ON bridge_hosts (host);
-- Who said yes to a bridge, by name: whoever reads the contract later may not know the account.
CREATE TABLE bridge_approvals (
  bridge_id     BIGINT NOT NULL REFERENCES bridges (id) ON DELETE CASCADE,
  part          TEXT NOT NULL,
  account_id    BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  name          TEXT NOT NULL,
  at            BIGINT,
  PRIMARY KEY (bridge_id, part)
);
CREATE INDEX bridge_approvals_account ON bridge_approvals (account_id) WHERE account_id IS NOT NULL;

-- What makes an account a page of ours, in whose name its editors write. `closed`: who they are no administrator changes.
CREATE TABLE unit_pages (
  account_id    BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  closed        INTEGER NOT NULL,
  followed_by_all INTEGER NOT NULL
);
CREATE TABLE unit_page_editors (
  page_id       BIGINT NOT NULL REFERENCES unit_pages (account_id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (page_id, account_id)
);
CREATE INDEX unit_page_editors_account ON unit_page_editors (account_id);
-- Who wrote a post in the name of a page; only its editors are told.
CREATE TABLE post_editors (
  post_id       BIGINT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE INDEX post_editors_account ON post_editors (account_id);
-- What a page's post, ours or a peer's, carries as a notice. It is on the board from `starts_at` on, and in the archive
-- from `ends_at` on.
CREATE TABLE board_notices (
  post_id       BIGINT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  category      TEXT NOT NULL,
  starts_at     BIGINT,
  ends_at       BIGINT
);

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
-- `text` is sealed.
CREATE TABLE account_notes (
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  text          BYTEA NOT NULL,
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
-- `title` is sealed.
CREATE TABLE lists (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  title         BYTEA NOT NULL,
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

-- Filters: what a member does not want to see, or only behind a warning. `contexts`: words with spaces between. `title`
-- and the keywords are sealed.
CREATE TABLE filters (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  title         BYTEA NOT NULL,
  contexts      TEXT NOT NULL,
  action        TEXT NOT NULL,
  expires_at    BIGINT
);
CREATE INDEX filters_account ON filters (account_id);
CREATE TABLE filter_keywords (
  id            BIGINT PRIMARY KEY,
  filter_id     BIGINT NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  keyword       BYTEA NOT NULL,
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
-- `content` is sealed with a key of its own: a complaint stands though whoever made it is erased.
CREATE TABLE reports (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  from_id       BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  target_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  content       BYTEA NOT NULL,
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
CREATE INDEX reports_closed ON reports (closed_at) WHERE state = 'closed';
CREATE INDEX reports_from ON reports (from_id) WHERE from_id IS NOT NULL;
CREATE INDEX reports_target ON reports (target_id);
CREATE INDEX reports_assigned ON reports (assigned_id) WHERE assigned_id IS NOT NULL;
CREATE INDEX reports_closed_by ON reports (closed_by) WHERE closed_by IS NOT NULL;
CREATE TABLE report_posts (
  report_id     BIGINT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  post_id       BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  PRIMARY KEY (report_id, post_id)
);
CREATE INDEX report_posts_post ON report_posts (post_id);

-- What members opened to more people than before (`node.domain.openings`), for them to look at.
CREATE TABLE openings (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  what          TEXT NOT NULL,
  at            BIGINT NOT NULL,
  closed_at     BIGINT
);
CREATE INDEX openings_account ON openings (account_id, id);

-- What moderators did about accounts (`node.domain.measures`), and why, sealed.
CREATE TABLE measures (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  reason        BYTEA NOT NULL,
  by_id         BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  at            BIGINT NOT NULL,
  ended_at      BIGINT
);
CREATE INDEX measures_account ON measures (account_id, id);
CREATE INDEX measures_by ON measures (by_id) WHERE by_id IS NOT NULL;
CREATE INDEX measures_suspended ON measures (account_id) WHERE kind = 'suspended' AND ended_at IS NULL;
CREATE INDEX measures_limited ON measures (account_id) WHERE kind = 'limited' AND ended_at IS NULL;

-- What people, members or not, ask of the desk for complaints and data protection. `reference`: the number they are told;
-- who holds the secret link to it is told in no table. `account_id`: the member who asks, `address`: where others are
-- written to, `proof`: how it was shown that they are who they say. `said`: their wish, where what they mean
-- stands, and the words of it; sealed. `verdict`, `decided_by`: what was answered last, and by whom; it stays when the
-- words are gone, and their key. `salt`: without it nobody can tell any more what the journal's digests are of.
-- `report_id`: what moderators were given of it.
CREATE TABLE cases (
  id            BIGINT PRIMARY KEY,
  reference     TEXT NOT NULL UNIQUE,
  topic         TEXT NOT NULL,
  state         TEXT NOT NULL,
  language      TEXT NOT NULL,
  account_id    BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  address       TEXT NOT NULL,
  proof         TEXT NOT NULL,
  said          BYTEA NOT NULL,
  salt          TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  due_at        BIGINT NOT NULL,
  extended      INTEGER NOT NULL,
  assigned_id   BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  verdict       TEXT NOT NULL,
  decided_by    BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  decided_at    BIGINT,
  closed_at     BIGINT,
  stripped_at   BIGINT,
  report_id     BIGINT REFERENCES reports (id) ON DELETE SET NULL
);
CREATE INDEX cases_due ON cases (due_at, id) WHERE state IN ('open', 'appealed');
CREATE INDEX cases_state ON cases (state, id);
CREATE INDEX cases_address ON cases (LOWER(address), created_at) WHERE address <> '';
CREATE INDEX cases_account ON cases (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX cases_assigned ON cases (assigned_id) WHERE assigned_id IS NOT NULL;
CREATE INDEX cases_decided_by ON cases (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX cases_report ON cases (report_id) WHERE report_id IS NOT NULL;
-- What was said in a case, sealed. `by_id`: the officer; nobody stands for the person who asks.
CREATE TABLE case_entries (
  id            BIGINT PRIMARY KEY,
  case_id       BIGINT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  by_id         BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
  text          BYTEA NOT NULL,
  at            BIGINT NOT NULL
);
CREATE INDEX case_entries_case ON case_entries (case_id, id);
CREATE INDEX case_entries_by ON case_entries (by_id) WHERE by_id IS NOT NULL;
-- What was done with posts because of a case. `host`: of the node that was asked to look after its own.
CREATE TABLE case_steps (
  id            BIGINT PRIMARY KEY,
  case_id       BIGINT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  post          TEXT NOT NULL,
  host          TEXT NOT NULL,
  at            BIGINT NOT NULL
);
CREATE INDEX case_steps_case ON case_steps (case_id, id);

-- What was done by those who look after others: rows are added, never changed, and each seals the one before it.
-- `by_id`: which of our accounts did it, if any; it names nobody once that account is erased. `subject` is a number or an
-- address of ours, `digest` of what was said; nothing here is anybody's words.
CREATE TABLE journal (
  number        BIGINT PRIMARY KEY,
  at            BIGINT NOT NULL,
  kind          TEXT NOT NULL,
  subject       TEXT NOT NULL,
  by_id         BIGINT,
  digest        TEXT NOT NULL,
  former        TEXT NOT NULL,
  seal          TEXT NOT NULL UNIQUE
);

-- What other nodes signed last for this journal (`node.domain.witnesses`), for each epoch of it.
CREATE TABLE journal_witnesses (
  host          TEXT NOT NULL,
  epoch         BIGINT NOT NULL,
  number        BIGINT NOT NULL,
  seal          TEXT NOT NULL,
  document      BYTEA NOT NULL,
  key           TEXT NOT NULL,
  at            BIGINT NOT NULL,
  doubted_at    BIGINT,
  PRIMARY KEY (host, epoch)
);

-- What this node signed last for the journals of others, for each epoch of theirs.
CREATE TABLE journals_witnessed (
  host          TEXT NOT NULL,
  epoch         BIGINT NOT NULL,
  number        BIGINT NOT NULL,
  seal          TEXT NOT NULL,
  document      BYTEA NOT NULL,
  first_at      BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  refused_at    BIGINT,
  PRIMARY KEY (host, epoch)
);

-- The house rules, once an administrator has written them. `place`: where one stands, 0 for one that was taken back.
CREATE TABLE house_rules (
  id            BIGINT PRIMARY KEY,
  text          TEXT NOT NULL,
  place         INTEGER NOT NULL
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

-- Where notifications are pushed to (RFC 8030): apps, each by its access token, and browsers, each by its session.
CREATE TABLE push_subscriptions (
  id            BIGINT PRIMARY KEY,
  token_hash    TEXT UNIQUE REFERENCES tokens (hash) ON DELETE CASCADE,
  session_hash  TEXT UNIQUE REFERENCES sessions (hash) ON DELETE CASCADE,
  account_id    BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  endpoint      TEXT NOT NULL,
  p256dh        TEXT NOT NULL,
  auth          TEXT NOT NULL,
  standard      INTEGER NOT NULL,
  alerts        TEXT NOT NULL,
  policy        TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  CHECK ((token_hash IS NULL) <> (session_hash IS NULL))
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

-- Mails on their way. What they say is made when they leave, of what is there then: `about` is JSON, sealed with the
-- key of whom they go to; without `account_id`, to somebody who is no member, with that of the node.
CREATE TABLE mails (
  id            BIGINT PRIMARY KEY,
  account_id    BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  address       TEXT NOT NULL,
  about         BYTEA NOT NULL,
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

-- What was deleted or undone: its uri never enters again. `by` is the actor who said so: its author, or their node.
CREATE TABLE tombstones (
  uri           TEXT NOT NULL,
  by            TEXT NOT NULL,
  former_type   TEXT NOT NULL,
  deleted_at    BIGINT NOT NULL,
  withdrawn     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (uri, by)
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
CREATE INDEX copies_owed ON copies (host) WHERE state = 'owed';
CREATE INDEX copies_confirmed ON copies (object) WHERE state = 'confirmed';

-- What was erased by an order of ours. Of what it said nothing stays, only where it stood.
CREATE TABLE erasures (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  object        TEXT NOT NULL,
  owner         TEXT NOT NULL,
  scope         TEXT NOT NULL,
  ground        TEXT NOT NULL,
  document      BYTEA NOT NULL,
  key           TEXT NOT NULL,
  ordered_at    BIGINT NOT NULL,
  due_at        BIGINT NOT NULL,
  done_at       BIGINT,
  logged        INTEGER NOT NULL DEFAULT 0,
  secret        TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX erasures_secret ON erasures (secret) WHERE secret <> '';
CREATE INDEX erasures_unlogged ON erasures (id) WHERE logged = 0;
CREATE INDEX erasures_object ON erasures (object);
CREATE INDEX erasures_owner ON erasures (owner, id);
CREATE INDEX erasures_open ON erasures (due_at) WHERE done_at IS NULL;

-- The nodes that had a copy of it, and what each of them answered. `held_until`: the end of a legal hold there.
CREATE TABLE erasure_holders (
  erasure_id    BIGINT NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
  host          TEXT NOT NULL,
  inbox         TEXT NOT NULL,
  signs         INTEGER NOT NULL,
  state         TEXT NOT NULL,
  at            BIGINT NOT NULL,
  receipt       BYTEA NOT NULL,
  key           TEXT NOT NULL,
  tries         INTEGER NOT NULL,
  again_at      BIGINT NOT NULL,
  held_until    BIGINT,
  PRIMARY KEY (erasure_id, host)
);
CREATE INDEX erasure_holders_again ON erasure_holders (again_at) WHERE signs = 1 AND state <> 'erased';

-- Orders of other nodes that were carried out here, and what we answered. `held`: the actor's uri on whom a legal hold
-- stands, whose end it waits for; '' of what was carried out.
CREATE TABLE erasures_taken (
  id            BIGINT PRIMARY KEY,
  uri           TEXT NOT NULL UNIQUE,
  host          TEXT NOT NULL,
  document      BYTEA NOT NULL,
  receipt       BYTEA NOT NULL,
  at            BIGINT NOT NULL,
  logged        INTEGER NOT NULL DEFAULT 0,
  held          TEXT NOT NULL DEFAULT ''
);
CREATE INDEX erasures_taken_held ON erasures_taken (held) WHERE held <> '';
CREATE INDEX erasures_taken_unlogged ON erasures_taken (id) WHERE logged = 0;
CREATE INDEX erasures_taken_host ON erasures_taken (host, id);

-- Each time the database came back from a backup a new epoch began.
CREATE TABLE restores (
  epoch         BIGINT PRIMARY KEY,
  replayed      BIGINT NOT NULL,
  at            BIGINT NOT NULL
);

-- The moment up to which the keys know this database: where it is an older one than theirs, it was put back.
CREATE TABLE database_marks (
  one           INTEGER PRIMARY KEY CHECK (one = 1),
  at            BIGINT NOT NULL
);

-- Up to where (its numbers) the orders of another node were read.
CREATE TABLE erasure_cursors (
  host          TEXT PRIMARY KEY,
  seen          BIGINT NOT NULL
);

-- What peers sent: the row is the queue, and its id in `uri` is why nothing happens twice. `body` is sealed.
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
CREATE INDEX inbox_rows_failed ON inbox_rows (id) WHERE state = 'failed';
CREATE INDEX inbox_rows_kept ON inbox_rows (received_at) WHERE state <> 'due';

-- What our actors did, as it was sent; `body` is sealed.
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
CREATE INDEX deliveries_given_up ON deliveries (id) WHERE state IN ('unreachable', 'refused', 'gone');
CREATE INDEX deliveries_activity ON deliveries (activity_id);

-- How contact with each other node stands: the circuit breaker, and on how many days in a row nothing was heard of it,
-- the last of them `asked_day`.
CREATE TABLE hosts (
  host          TEXT PRIMARY KEY,
  failures      INTEGER NOT NULL,
  open_until    BIGINT NOT NULL,
  last_ok_at    BIGINT,
  last_error    TEXT NOT NULL,
  silent_days   INTEGER NOT NULL DEFAULT 0,
  asked_day     BIGINT NOT NULL DEFAULT 0
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
-- Where nodes, partners and services stand, as an administrator here wrote it down; told to nobody else by itself.
CREATE TABLE places (
  host          TEXT PRIMARY KEY,
  country       TEXT NOT NULL,
  note          TEXT NOT NULL
);
CREATE TABLE organisation_invitations (
  hash          TEXT PRIMARY KEY,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  used_at       BIGINT,
  used_by       TEXT NOT NULL
);
