"""Allmende, a federated corporate social network: one node for each subsidiary."""

__version__ = "0.1.0"
