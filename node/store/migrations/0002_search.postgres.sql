-- What posts can be found by: words, folded by node.domain.words, each with its places in the text.

CREATE TABLE post_words (
  post_id       BIGINT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  words         TSVECTOR NOT NULL
);
CREATE INDEX post_words_index ON post_words USING GIN (words);

-- Hashtags by how they begin.
CREATE INDEX hashtags_beginning ON hashtags (name TEXT_PATTERN_OPS);
