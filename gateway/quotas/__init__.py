"""How much a caller may ask for: quotas per person, per company and, for strangers, per address."""
