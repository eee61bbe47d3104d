"""Migrations of sharing's database."""
