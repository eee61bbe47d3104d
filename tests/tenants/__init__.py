"""Tenants never meet (design 4.1): the walls are read from the catalogue, and tried."""
