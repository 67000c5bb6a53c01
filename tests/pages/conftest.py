"""A browser on a machine with other work to do takes its time: what is expected to come is waited for longer."""

from playwright import async_api, sync_api

from tests.patience import PATIENCE_SECONDS

_PATIENCE_MS = PATIENCE_SECONDS * 1000

async_api.expect.set_options(timeout=_PATIENCE_MS)
sync_api.expect.set_options(timeout=_PATIENCE_MS)
