"""A server for each test, and a way to bring people to it: as for tests of parts together."""

from tests.integration.conftest import gather, server, switchboard, where

__all__ = ["gather", "server", "switchboard", "where"]
