"""The door for mails: members answer posts by mail."""
