"""Mails to members: what happened while they were away, digests, and links that only they get."""
