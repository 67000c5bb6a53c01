"""The `allmende` command, by what its parts are about. Each module adds its own to `node.commands.shared.main`."""
