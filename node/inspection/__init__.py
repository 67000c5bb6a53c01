"""Why does this server not talk to us: what it shows and what it sends, looked at step by step; nothing is kept."""
