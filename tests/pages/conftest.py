"""A browser on a machine with other work to do takes its time: what is expected to come is waited for longer."""

from playwright import async_api, sync_api

_PATIENCE_MS = 15_000

async_api.expect.set_options(timeout=_PATIENCE_MS)
sync_api.expect.set_options(timeout=_PATIENCE_MS)
