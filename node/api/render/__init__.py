"""Domain objects as Mastodon's entities: ids are strings, times ISO 8601."""
