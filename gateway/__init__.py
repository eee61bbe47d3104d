"""The one door: who calls, which service answers, and what neither may slip through."""
