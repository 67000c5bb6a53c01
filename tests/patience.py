"""How long a test waits for what has to come: nothing where it comes, and a busy machine takes its time."""

PATIENCE_SECONDS = 30.0
