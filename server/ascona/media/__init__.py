"""The forwarding unit: packets reach those, and only those, whom the plan names."""
