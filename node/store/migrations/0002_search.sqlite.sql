-- What posts can be found by. `words`: folded by node.domain.words, with spaces between. The index holds no text of its
-- own; triggers keep it in step, so that what is deleted with a post is gone from it too.

CREATE TABLE post_words (
  post_id       INTEGER PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  words         TEXT NOT NULL
);
CREATE VIRTUAL TABLE post_index USING fts5 (
  words, content = 'post_words', content_rowid = 'post_id', columnsize = 0, tokenize = "unicode61 tokenchars '_'"
);
CREATE TRIGGER post_words_put AFTER INSERT ON post_words BEGIN
  INSERT INTO post_index (rowid, words) VALUES (new.post_id, new.words); END;
CREATE TRIGGER post_words_gone AFTER DELETE ON post_words BEGIN
  INSERT INTO post_index (post_index, rowid, words) VALUES ('delete', old.post_id, old.words); END;
CREATE TRIGGER post_words_changed AFTER UPDATE ON post_words BEGIN
  INSERT INTO post_index (post_index, rowid, words) VALUES ('delete', old.post_id, old.words); INSERT INTO post_index
  (rowid, words) VALUES (new.post_id, new.words); END;
