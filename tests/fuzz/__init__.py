"""Whatever reads what strangers send, fed with what no browser would: `python -m tests.fuzz`."""
