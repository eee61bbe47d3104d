"""Directory: tenants, their teams and people, and what each may do."""
